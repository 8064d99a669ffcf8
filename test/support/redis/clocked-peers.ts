import type { Metric } from '../../../src/model/metric.ts'
import { encodePeerState, type PeerState } from '../../../src/share/peers/peer-state.ts'
import { Peers } from '../../../src/share/peers/peers.ts'
import { sourceState } from './source-state.ts'

export interface ClockedPeers {
  readonly peers: Peers
  readonly pass: (ms: number) => void
  readonly take: (parts: Partial<PeerState>) => void
  readonly totals: () => Record<string, unknown>
}

/** Peers with a clock that the test sets. `take()` reads a state, `pass()` lets time pass. */
export function clockedPeers(ttlMs: number | undefined = 10_000): ClockedPeers {
  let now = 0
  const peers = new Peers({ ttlMs, now: () => now })
  return {
    peers,
    pass(ms: number) {
      now += ms
    },
    take(parts: Partial<PeerState>) {
      const state = sourceState({ retained: [], ...parts })
      peers.take(state.incarnation, encodePeerState(state))
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
