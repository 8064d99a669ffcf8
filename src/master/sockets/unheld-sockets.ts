import cluster, { type Cluster } from 'node:cluster'
import type { ListenQuery } from './cluster-message.ts'
import type { WorkerChannel } from './worker-channel.ts'

const udpReason = 'the application has a UDP socket, and a new master cannot get UDP sockets'
const policyReason =
  'with NODE_CLUSTER_SCHED_POLICY=none, the workers have the listening sockets, not the master'

/** Sockets of workers that a master cannot keep, and cannot give to a successor. */
export class UnheldSockets {
  readonly #policy: Pick<Cluster, 'schedulingPolicy'>
  /** Keys with the reasons. Bounded by the workers and the addresses of the application. */
  readonly #reasons = new Map<WorkerChannel, Map<string, string>>()

  /** @param policy how connections reach workers. Default: the policy of `node:cluster`. */
  constructor(policy: Pick<Cluster, 'schedulingPolicy'> = cluster) {
    this.#policy = policy
  }

  /** Why a successor cannot serve beside this master; undefined when a successor can. */
  get reason(): string | undefined {
    for (const reasons of this.#reasons.values())
      for (const reason of reasons.values()) return reason
    return undefined
  }

  note({ key, port, isUdp }: ListenQuery, channel: WorkerChannel): void {
    const reason = this.#reasonFor(isUdp)
    // Each master gets a free port from the system for port 0.
    if (reason === undefined || port === 0) return
    const reasons = this.#reasons.get(channel) ?? new Map<string, string>()
    this.#reasons.set(channel, reasons.set(key, reason))
  }

  closed(key: string, channel: WorkerChannel): void {
    this.#reasons.get(channel)?.delete(key)
  }

  gone(channel: WorkerChannel): void {
    this.#reasons.delete(channel)
  }

  #reasonFor(isUdp: boolean): string | undefined {
    if (isUdp) return udpReason
    return this.#policy.schedulingPolicy === cluster.SCHED_NONE ? policyReason : undefined
  }
}
