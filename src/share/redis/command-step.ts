import type { Client, RedisCommand } from './client.ts'

/** One command of a round trip, with a handler for the reply. */
export interface CommandStep {
  readonly command: RedisCommand
  /** Called with the reply, unless the reply is an error. */
  readonly take?: (value: unknown) => void
}

/** Adds commands to every round trip. */
export interface RoundTripParticipant {
  /** Sends requests that the steps depend on; mostly none. Rejects where Redis does not answer. */
  readonly prepare?: (send: Client['send']) => Promise<void>
  readonly steps: () => readonly CommandStep[]
  /** More commands of the same round trip, after the replies to the last; none at the end. */
  readonly further?: () => readonly CommandStep[]
  /** Called when all replies of a round trip are there. */
  readonly settle?: () => void
  /** Milliseconds to the next round trip, where the interval is too long. */
  readonly hurryMs?: () => number | undefined
}

export function textOf(value: unknown): string | undefined {
  if (Buffer.isBuffer(value)) return value.toString()
  return typeof value === 'string' ? value : undefined
}

/** Whether the reply to a SET says that Redis has stored the value. */
export function isDone(value: unknown): boolean {
  return textOf(value) === 'OK'
}

/** Arguments of a SET for the lifetime of the value. */
export function expiry(ttlMs: number | undefined): RedisCommand[number][] {
  return ttlMs === undefined ? [] : ['PX', ttlMs]
}
