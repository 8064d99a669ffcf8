import { isRecord } from '../../support/guards.ts'

/**
 * Everything that two masters of an upgrade send over the channel of `child_process`. Change a
 * message only together with `version`.
 */
export type UpgradeMessage =
  /** The old master needs workers again, and has closed its sockets. */
  | { readonly act: 'ask for sockets' }
  /** With the socket as the handle of the message. */
  | { readonly act: 'socket'; readonly key: string }
  /** The last socket was sent. */
  | { readonly act: 'all sockets sent' }

const type = 'gunicorn-prometheus-exporter upgrade'
const version = 1

export function encodeUpgradeMessage(message: UpgradeMessage): object {
  return { type, version, ...message }
}

/** Returns undefined for any other message. */
export function parseUpgradeMessage(value: unknown): UpgradeMessage | undefined {
  if (!isRecord(value) || value['type'] !== type || value['version'] !== version) return undefined
  const { act, key } = value
  if (act === 'socket') return typeof key === 'string' ? { act, key } : undefined
  return act === 'ask for sockets' || act === 'all sockets sent' ? { act } : undefined
}
