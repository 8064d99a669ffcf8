import type { Client, RedisCommand } from './client.ts'

/** One command of a round, and what is made of its answer. */
export interface CommandStep {
  readonly command: RedisCommand
  /** Called with the answer, unless that is an error. */
  readonly take?: (value: unknown) => void
}

/** What takes part in every round trip. */
export interface RoundTripParticipant {
  /** What has to be known before; mostly nothing, and no trip. Rejects where Redis does not answer. */
  readonly prepare?: (send: Client['send']) => Promise<void>
  readonly steps: () => readonly CommandStep[]
  /** Called when all answers of a round are there. */
  readonly settle?: () => void
  /** Whether something waits for a next round that comes sooner than the interval's, and when. Milliseconds. */
  readonly hurryMs?: () => number | undefined
}

export function textOf(value: unknown): string | undefined {
  if (Buffer.isBuffer(value)) return value.toString()
  return typeof value === 'string' ? value : undefined
}

/** Of a SET. */
export function isDone(value: unknown): boolean {
  return textOf(value) === 'OK'
}

/** Of a SET. */
export function expiry(ttlMs: number | undefined): RedisCommand[number][] {
  return ttlMs === undefined ? [] : ['PX', ttlMs]
}
