import { shareLimits } from '../limits/share.ts'
import { isIncarnation } from './peers/peer-state.ts'
import type { Peers } from './peers/peers.ts'
import { type CommandStep, type RoundTripParticipant, textOf } from './redis/command-step.ts'
import type { RedisKeys } from './redis/keys.ts'

export interface ReaderOptions {
  readonly keys: RedisKeys
  /** Undefined = what is silent stays. Milliseconds. */
  readonly ttlMs: number | undefined
  readonly sources: Peers
  /** The own incarnation, which need not be read. */
  readonly own: () => string | undefined
}

/** Reads what other clusters wrote: those that the index named in the round before. */
export class Reader implements RoundTripParticipant {
  readonly #options: ReaderOptions
  #listed: readonly string[] | undefined
  #isFirst = true

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  steps(): CommandStep[] {
    const { keys, ttlMs, sources, own } = this.#options
    const least = ttlMs === undefined ? '-inf' : Date.now() - ttlMs - shareLimits.clockSkewMs
    const range = ['+inf', least, 'LIMIT', 0, shareLimits.peers] as const
    this.#isFirst = this.#listed === undefined
    const others = (this.#listed ?? []).filter((incarnation) => incarnation !== own())
    return [
      {
        command: ['ZREVRANGEBYSCORE', keys.index, ...range],
        take: (names) => this.#list(names),
      },
      // Not MGET: of a value that somebody made huge only so much is taken.
      ...others.map(
        (incarnation): CommandStep => ({
          command: ['GETRANGE', keys.source(incarnation), 0, shareLimits.peerStateBytes],
          take: (bytes) => sources.take(incarnation, bytes),
        }),
      ),
    ]
  }

  /** The first round learned names only. */
  hurryMs(): number | undefined {
    return this.#isFirst && this.#listed !== undefined ? shareLimits.firstReadMs : undefined
  }

  #list(names: unknown): void {
    const texts = Array.isArray(names) ? names.map(textOf) : []
    this.#listed = texts.filter(isIncarnation)
    this.#options.sources.retain(new Set(this.#listed))
  }
}
