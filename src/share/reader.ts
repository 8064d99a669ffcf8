import { shareLimits } from '../limits/share.ts'
import { isIncarnation } from './peers/peer-state.ts'
import type { Peers } from './peers/peers.ts'
import { type CommandStep, type RoundTripParticipant, textOf } from './redis/command-step.ts'
import type { RedisKeys } from './redis/keys.ts'

export interface ReaderOptions {
  readonly keys: RedisKeys
  /** Milliseconds; undefined = a silent cluster stays in the index. */
  readonly ttlMs: number | undefined
  readonly peers: Pick<Peers, 'take' | 'retain'>
  /** The incarnation of this process. The reader skips its state. */
  readonly own: () => string | undefined
}

/**
 * Reads the states of other clusters. Each round trip reads the peers that the round trip before
 * listed.
 */
export class Reader implements RoundTripParticipant {
  readonly #options: ReaderOptions
  #listed: readonly string[] | undefined
  #isFirst = true

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  steps(): CommandStep[] {
    const { keys, ttlMs, peers, own } = this.#options
    // The index has Unix times, since processes of several hosts write it.
    const least = ttlMs === undefined ? '-inf' : Date.now() - ttlMs - shareLimits.clockSkewMs
    const range = ['+inf', least, 'LIMIT', 0, shareLimits.peers] as const
    this.#isFirst = this.#listed === undefined
    const others = (this.#listed ?? []).filter((incarnation) => incarnation !== own())
    return [
      {
        command: ['ZREVRANGEBYSCORE', keys.index, ...range],
        take: (names) => this.#list(names),
      },
      // GETRANGE and not MGET: GETRANGE limits the size of each reply.
      ...others.map(
        (incarnation): CommandStep => ({
          command: ['GETRANGE', keys.source(incarnation), 0, shareLimits.peerStateBytes],
          take: (bytes) => peers.take(incarnation, bytes),
        }),
      ),
    ]
  }

  /** The first round trip lists peers and reads none, so the second follows soon. */
  hurryMs(): number | undefined {
    return this.#isFirst && this.#listed !== undefined ? shareLimits.firstReadMs : undefined
  }

  #list(names: unknown): void {
    const texts = Array.isArray(names) ? names.map(textOf) : []
    this.#listed = texts.filter(isIncarnation)
    this.#options.peers.retain(new Set(this.#listed))
  }
}
