import { randomUUID } from 'node:crypto'
import { shareLimits } from '../../limits/share.ts'
import { MergeRules } from '../../model/merging/merge-rules.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { ownProcessIdentity, type ProcessIdentity } from '../../support/process/process-identity.ts'
import { InstanceLabels } from '../peers/instance-labels.ts'
import type { PeerState } from '../peers/peer-state.ts'
import type { Client } from '../redis/client.ts'
import type { CommandStep } from '../redis/command-step.ts'
import type { RedisKeys } from '../redis/keys.ts'
import type { RedisSettings } from '../redis/redis-settings.ts'
import { CarriedTotals } from './carried-totals.ts'
import { KeptLease } from './kept-lease.ts'
import { type AcquiredLease, NameAcquisition } from './name-acquisition.ts'

/** The name of a process, with the continued totals. */
export interface Name {
  readonly labels: InstanceLabels
  /** The continued incarnations, the latest first. */
  readonly predecessors: readonly string[]
  readonly carriedTotals: CarriedTotals
}

type SettingName =
  | 'serviceSlot'
  | 'ttlMs'
  | 'usesSlots'
  | 'keepWorkerId'
  | 'mergeRules'
  | 'retentionMs'

export interface ProcessNameOptions {
  readonly settings: Pick<RedisSettings, SettingName>
  readonly keys: RedisKeys
  /** Called when another process has taken over the name. The incarnation is a new one. */
  readonly onTakenOver: () => void
  /** Default: this process. */
  readonly process?: ProcessIdentity
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * The name of this process in Redis: finds a predecessor, keeps a lease, and starts anew when taken
 * over.
 */
export class ProcessName {
  readonly #options: ProcessNameOptions
  readonly #rules: MergeRules
  readonly #clock: Pick<Clock, 'now'>
  readonly #process: ProcessIdentity
  readonly #acquisition: NameAcquisition
  readonly #startedAt: number
  #incarnation = randomUUID()
  #name: Name | undefined
  /** Undefined before the acquisition; `none` where the slot has no free lease. */
  #lease: KeptLease | 'none' | undefined
  #hasContact = false
  /** Whether Redis still holds states of the predecessors. */
  #hasOldStates = false

  constructor(options: ProcessNameOptions) {
    this.#options = options
    this.#rules = new MergeRules(options.settings)
    const { process = ownProcessIdentity(), clock = nodeClock, keys } = options
    const { serviceSlot, ttlMs } = options.settings
    this.#process = process
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#acquisition = new NameAcquisition({ keys, serviceSlot, ttlMs, process, clock })
  }

  get incarnation(): string {
    return this.#incarnation
  }

  /**
   * Undefined while the acquisition is under way. After shareLimits.identityFirstMs without contact
   * to Redis, or shareLimits.identityTimeoutMs with contact, the process takes a name without
   * predecessors.
   */
  get current(): Name | undefined {
    const limitMs = this.#hasContact ? shareLimits.identityTimeoutMs : shareLimits.identityFirstMs
    if (!this.#name && this.#clock.now() - this.#startedAt > limitMs) this.#startAnew(0)
    return this.#name
  }

  /** Whether the process has a name, also where the time for the acquisition is over. */
  get isKnown(): boolean {
    return this.#name !== undefined
  }

  /** Changes the name, since another cluster uses the same name. */
  rename(instance: string): void {
    if (this.#name) this.#name = { ...this.#name, labels: new InstanceLabels(instance) }
  }

  /** Tries to acquire a lease. Rejects where Redis does not answer, or answers with an error. */
  async acquire(send: Client['send'], hasEnded: boolean): Promise<void> {
    this.#hasContact = true
    if (this.#lease instanceof KeptLease && this.#lease.isTaken) this.#lease = undefined
    if (this.#lease !== undefined || hasEnded) return
    const name = this.current
    const acquired = await this.#acquisition.attempt(send, {
      incarnation: this.#incarnation,
      instance: name?.labels.instance,
      predecessors: name?.predecessors ?? [],
    })
    if (!acquired) return
    const { ttlMs } = this.#options.settings
    this.#lease = acquired.lease === undefined ? 'none' : new KeptLease(acquired.lease, ttlMs)
    this.#adopt(acquired)
  }

  /** Renews the lease, checks for a successor, and removes the states of predecessors. */
  steps(name: Name): CommandStep[] {
    const successor = this.#options.keys.successor(this.#incarnation)
    return [
      ...this.#leaseSteps(name),
      { command: ['EXISTS', successor], take: (count) => count !== 0 && this.#giveUpName() },
      ...this.#removalSteps(name),
    ]
  }

  #startAnew(number: number): void {
    this.#name = {
      labels: new InstanceLabels(this.#acquisition.nameOf(this.#incarnation, number)),
      predecessors: [],
      carriedTotals: this.#carriedTotals(undefined),
    }
  }

  #adopt({ instance, predecessors, previous }: AcquiredLease): void {
    // The page may have shown the process under a name without predecessors meanwhile.
    const name = this.#name
    const labels = name?.labels.instance === instance ? name.labels : new InstanceLabels(instance)
    const carriedTotals = name?.carriedTotals ?? this.#carriedTotals(previous)
    this.#name = { labels, predecessors, carriedTotals }
    this.#hasOldStates = predecessors.length > 0
  }

  #carriedTotals(previous: PeerState | undefined): CarriedTotals {
    const { usesSlots, retentionMs } = this.#options.settings
    const moment = { now: this.#clock.now(), unixNow: Date.now() }
    return new CarriedTotals({ previous, moment, usesSlots, rules: this.#rules, retentionMs })
  }

  #leaseSteps({ labels: { instance }, predecessors }: Name): CommandStep[] {
    if (this.#lease === undefined || this.#lease === 'none') return []
    const incarnation = this.#incarnation
    return this.#lease.steps({ incarnation, instance, predecessors, ...this.#process })
  }

  /** The own state includes the totals of the predecessors. */
  #removalSteps({ predecessors }: Name): CommandStep[] {
    if (!this.#hasOldStates) return []
    const { keys } = this.#options
    const take = (): void => {
      this.#hasOldStates = false
    }
    return [
      // While a slot of a Redis Cluster moves, no node has all keys, and refuses one DEL for all.
      ...predecessors.map((each): CommandStep => ({ command: ['DEL', keys.source(each)] })),
      { command: ['ZREM', keys.index, ...predecessors], take },
    ]
  }

  /**
   * Another process judged this process gone and continues its totals. This process gets a new
   * name.
   */
  #giveUpName(): void {
    this.#incarnation = randomUUID()
    this.#lease = undefined
    this.#hasOldStates = false
    this.#startAnew(1)
    this.#options.onTakenOver()
  }
}
