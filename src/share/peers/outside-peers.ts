import { shareLimits } from '../../limits/share.ts'
import { isTargetInfo } from '../../model/catalog/target-info.ts'
import type { PeerState } from './peer-state.ts'

/** Why a reader for one node does not show a peer. */
export type OutsideReason = 'other_node' | 'no_node_name'

interface OutsidePeer {
  readonly reason: OutsideReason
  readonly predecessors: readonly string[]
}

/**
 * Peers that a reader for one node leaves out. A process does not change its node, so the reader
 * reads the state of such a peer once.
 */
export class OutsidePeers {
  /** Undefined = peers of all nodes are shown. */
  readonly #node: string | undefined
  /** By incarnation; bounded by shareLimits.peers. */
  readonly #peers = new Map<string, OutsidePeer>()

  constructor(node: string | undefined) {
    this.#node = node
  }

  /** Number of peers by reason; empty for a reader of all nodes. */
  get counts(): ReadonlyMap<OutsideReason, number> {
    const counts = new Map<OutsideReason, number>()
    if (this.#node === undefined) return counts
    counts.set('other_node', 0).set('no_node_name', 0)
    for (const { reason } of this.#peers.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    return counts
  }

  has(incarnation: string): boolean {
    return this.#peers.has(incarnation)
  }

  /** Whether the totals of the incarnation go on in a peer that is left out. */
  continues(incarnation: string): boolean {
    return [...this.#peers.values()].some(({ predecessors }) => predecessors.includes(incarnation))
  }

  /** @returns whether the reader leaves the peer out. */
  leavesOut({ incarnation, predecessors, metrics }: PeerState): boolean {
    if (this.#node === undefined) return false
    const node = nodeIn(metrics)
    if (node === this.#node) return false
    const reason = node === undefined ? 'no_node_name' : 'other_node'
    if (this.#peers.size < shareLimits.peers) this.#peers.set(incarnation, { reason, predecessors })
    return true
  }

  /** Forgets all other incarnations. */
  retain(incarnations: ReadonlySet<string>): void {
    for (const incarnation of this.#peers.keys()) {
      if (!incarnations.has(incarnation)) this.#peers.delete(incarnation)
    }
  }
}

/** The Kubernetes node of the process that wrote the metrics. */
function nodeIn(metrics: PeerState['metrics']): string | undefined {
  for (const { points } of metrics.filter(isTargetInfo)) {
    for (const { attributes } of points) {
      const { 'k8s.node.name': node } = attributes
      if (typeof node === 'string' && node !== '') return node
    }
  }
  return undefined
}
