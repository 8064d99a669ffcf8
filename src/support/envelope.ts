import { isRecord } from './guards.ts'

/**
 * A message on the channel of `node:cluster`. Node emits messages whose `cmd` starts with `NODE_`
 * as `'internalMessage'`, so that the application's `'message'` listeners do not receive them.
 */
export interface Envelope {
  readonly cmd: string
  readonly [field: string]: unknown
}

/** The application may send any value over the same channel, `null` included. */
export function isEnvelope(message: unknown, command: string): message is Envelope {
  return isRecord(message) && message['cmd'] === command
}
