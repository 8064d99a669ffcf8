import type { Metric } from '../../../src/model/metric.ts'
import { encodePeerState, type PeerState } from '../../../src/share/peers/peer-state.ts'
import { Peers, type PeersOptions } from '../../../src/share/peers/peers.ts'
import { sourceState } from './source-state.ts'

export interface ClockedPeers {
  readonly peers: Peers
  readonly pass: (ms: number) => void
  /** Reads a state and returns its bytes. */
  readonly take: (parts: Partial<PeerState>) => Buffer
  readonly totals: () => Record<string, unknown>
}

/** Peers with a clock that the test sets. `take()` reads a state, `pass()` lets time pass. */
export function clockedPeers(options: Partial<Omit<PeersOptions, 'now'>> = {}): ClockedPeers {
  let now = 1_000
  const peers = new Peers({ ttlMs: 10_000, ...options, now: () => now })
  return {
    peers,
    pass(ms: number) {
      now += ms
    },
    take(parts: Partial<PeerState>) {
      // The clock of the peer is ahead, so the age of the first state is zero in a slow test too.
      const writtenAt = Date.now() + 60_000
      const state = sourceState({ retained: [], writtenAt, ...parts })
      const bytes = encodePeerState(state)
      peers.take(state.incarnation, bytes)
      return bytes
    },
    totals: () => totalsOf(peers.metrics(undefined)),
  }
}

export function totalsOf(metrics: readonly Metric[]): Record<string, unknown> {
  const points = metrics
    .filter(({ descriptor }) => descriptor.name === 'orders')
    .flatMap(({ points }) => points)
  return Object.fromEntries(points.map(({ attributes, value }) => [attributes['instance'], value]))
}
