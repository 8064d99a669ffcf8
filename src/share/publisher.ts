import { randomUUID } from 'node:crypto'
import { shareLimits } from '../limits/share.ts'
import type { Metric } from '../model/metric.ts'
import { ownProcessIdentity } from '../support/process-identity.ts'
import { InstanceLabels } from './peers/instance-labels.ts'
import { encodePeerState, type PeerState } from './peers/peer-state.ts'
import type { Client } from './redis/client.ts'
import {
  type CommandStep,
  expiry,
  isDone,
  type RoundTripParticipant,
} from './redis/command-step.ts'
import type { RedisKeys } from './redis/keys.ts'
import type { RedisSettings } from './redis/redis-settings.ts'
import { CarriedTotals } from './succession/carried-totals.ts'
import { ConfirmedTotals, fleeting } from './succession/confirmed-totals.ts'
import { KeptLease } from './succession/kept-lease.ts'
import { type AcquiredLease, NameAcquisition } from './succession/name-acquisition.ts'

export interface PublisherOptions {
  readonly settings: RedisSettings
  readonly keys: RedisKeys
  /** The cluster's metrics now; may throw. */
  readonly collect: () => readonly Metric[]
  /** Whether an older one goes by the name. */
  readonly isTaken: (state: PeerState) => boolean
  readonly onNotice: (text: string) => void
}

interface Name {
  readonly labels: InstanceLabels
  /** Whom it continues. */
  readonly predecessors: readonly string[]
  readonly continuation: CarriedTotals
}

/** Writes one cluster's state, under a name that it shares with nobody. */
export class Publisher implements RoundTripParticipant {
  readonly #options: PublisherOptions
  readonly #claim: NameAcquisition
  readonly #life = ownProcessIdentity()
  readonly #startedAt = Date.now()
  readonly #began = performance.now()
  #incarnation = randomUUID()
  #sequence = 0
  /** Undefined until it is known, or cannot be waited for. */
  #name: Name | undefined
  /** Undefined while there is none, `none` where there is no room for one. */
  #lease: KeptLease | 'none' | undefined
  #hasContact = false
  #hasEnded = false
  /** Whether what is left of the predecessors in Redis has been removed. */
  #isAlone = true
  #last: PeerState | undefined
  readonly #stored = new ConfirmedTotals()

  constructor(options: PublisherOptions) {
    this.#options = options
    const { serviceSlot: place, ttlMs } = options.settings
    this.#claim = new NameAcquisition({
      keys: options.keys,
      serviceSlot: place,
      ttlMs,
      process: this.#life,
    })
  }

  get incarnation(): string {
    return this.#incarnation
  }

  /** Undefined while nobody knows the name. */
  get identity(): Pick<PeerState, 'instance' | 'predecessors'> | undefined {
    const name = this.#named()
    return name && { instance: name.labels.instance, predecessors: name.predecessors }
  }

  /** The cluster's metrics as they are to be shown; none for a moment at the start, until its name is known. */
  page(metrics: readonly Metric[]): Metric[] {
    const name = this.#named()
    if (!name) return []
    const { labels, continuation } = name
    const stored = this.#stored.at(performance.now())
    if (stored) return labels.on([...stored, ...fleeting(metrics)])
    const retained = continuation.retained(Date.now()).flatMap((each) => each.metrics)
    return labels.on([...continuation.joined(metrics), ...retained])
  }

  /** What is written from now on is the last word. */
  end(): void {
    this.#hasEnded = true
  }

  async prepare(send: Client['send']): Promise<void> {
    this.#hasContact = true
    if (this.#lease instanceof KeptLease && this.#lease.isTaken) this.#lease = undefined
    if (this.#lease !== undefined || this.#hasEnded) return
    const name = this.#named()
    const acquired = await this.#claim.attempt(send, {
      incarnation: this.#incarnation,
      instance: name?.labels.instance,
      predecessors: name?.predecessors ?? [],
    })
    if (!acquired) return
    const { ttlMs } = this.#options.settings
    this.#lease = acquired.lease === undefined ? 'none' : new KeptLease(acquired.lease, ttlMs)
    this.#adopt(acquired)
  }

  steps(): CommandStep[] {
    const name = this.#named()
    if (!name) return []
    const { keys, settings } = this.#options
    const { ttlMs } = settings
    const collectedAt = performance.now()
    const state = this.#stateOf(name)
    const take = (value: unknown): void => {
      if (isDone(value)) this.#stored.confirm(state, collectedAt)
    }
    const successor = keys.successor(this.#incarnation)
    const score = ['ZADD', keys.index, state.writtenAt, this.#incarnation] as const
    return [
      {
        command: ['SET', keys.source(this.#incarnation), encodePeerState(state), ...expiry(ttlMs)],
        take,
      },
      { command: score },
      ...(ttlMs === undefined
        ? []
        : [{ command: ['PEXPIRE', keys.index, ttlMs + shareLimits.clockSkewMs] } as const]),
      ...this.#leaseSteps(name),
      { command: ['EXISTS', successor], take: (count) => count !== 0 && this.#yieldName() },
      ...this.#farewell(name),
    ]
  }

  settle(): void {
    if (!this.#last || !this.#options.isTaken(this.#last)) return
    const instance = `${this.#last.instance}-${this.#incarnation.slice(0, 8)}`
    if (this.#name) this.#name = { ...this.#name, labels: new InstanceLabels(instance) }
    this.#last = undefined
    this.#options.onNotice(
      `another process shares metrics by Redis with this one's service.instance.id; this one is ${instance}`,
    )
  }

  hurryMs(): number | undefined {
    return this.#name ? undefined : shareLimits.identityPollMs
  }

  /** Nobody waits for Redis for long: what could not be asked for then begins anew. */
  #named(): Name | undefined {
    const patience = this.#hasContact ? shareLimits.identityTimeoutMs : shareLimits.identityFirstMs
    if (!this.#name && performance.now() - this.#began > patience) this.#beginAnew()
    return this.#name
  }

  #beginAnew(number = 0): void {
    this.#name = {
      labels: new InstanceLabels(this.#claim.nameOf(this.#incarnation, number)),
      predecessors: [],
      continuation: this.#continued(undefined),
    }
  }

  #adopt({ instance, predecessors, previous }: AcquiredLease): void {
    // In the meantime it may have been shown without.
    const currentInstance = this.#name
    const labels =
      currentInstance?.labels.instance === instance
        ? currentInstance.labels
        : new InstanceLabels(instance)
    const continuation = currentInstance?.continuation ?? this.#continued(previous)
    this.#name = { labels, predecessors, continuation }
    this.#isAlone = predecessors.length === 0
  }

  #continued(previous: PeerState | undefined): CarriedTotals {
    const { usesSlots, keepWorkerId } = this.#options.settings
    return new CarriedTotals({ previous, now: Date.now(), usesSlots, keepWorkerId })
  }

  #stateOf({ labels, predecessors, continuation }: Name): PeerState {
    const { collect, settings } = this.#options
    this.#sequence += 1
    const now = Date.now()
    this.#last = {
      incarnation: this.#incarnation,
      instance: labels.instance,
      service: settings.serviceSlot.service,
      predecessors: predecessors,
      sequence: this.#sequence,
      startedAt: this.#startedAt,
      writtenAt: now,
      intervalMs: settings.collectIntervalMs,
      hasEnded: this.#hasEnded,
      metrics: continuation.joined(collect()),
      retained: continuation.retained(now),
    }
    return this.#last
  }

  #leaseSteps({ labels: { instance }, predecessors }: Name): CommandStep[] {
    if (this.#lease === undefined || this.#lease === 'none') return []
    return this.#lease.steps({
      incarnation: this.#incarnation,
      instance,
      predecessors: predecessors,
      ...this.#life,
    })
  }

  /** Once: what the predecessors have left is in our totals. */
  #farewell({ predecessors }: Name): CommandStep[] {
    if (this.#isAlone) return []
    const { keys } = this.#options
    const take = (): void => {
      this.#isAlone = true
    }
    return [
      { command: ['DEL', ...predecessors.map(keys.source)], take },
      { command: ['ZREM', keys.index, ...predecessors] },
    ]
  }

  /** Somebody took this process for dead and continues its totals: from here on it is another one. */
  #yieldName(): void {
    this.#incarnation = randomUUID()
    this.#sequence = 0
    this.#lease = undefined
    this.#isAlone = true
    this.#last = undefined
    this.#stored.forget()
    this.#beginAnew(1)
    this.#options.onNotice(
      'this process was silent for so long that another one took over its name in Redis',
    )
  }
}
