import { randomUUID } from 'node:crypto'
import { limits } from '../limits.ts'
import type { Metric } from '../model/metric.ts'
import { ownLife } from '../relay/life.ts'
import { InstanceLabels } from './peers/instance-labels.ts'
import { encodeSource, type SourceState } from './peers/peer-state.ts'
import type { Client } from './redis/client.ts'
import { isDone, type Part, type Step } from './redis/command-step.ts'
import type { Keys } from './redis/keys.ts'
import type { ShareSettings } from './redis/redis-settings.ts'
import { Continuation } from './succession/carried-totals.ts'
import { Claim, type Claimed, expiry } from './succession/claim.ts'
import { fleeting, StoredTotals } from './succession/confirmed-totals.ts'
import { KeptLease } from './succession/kept-lease.ts'

export interface PublisherOptions {
  readonly settings: ShareSettings
  readonly keys: Keys
  /** The cluster's metrics now; may throw. */
  readonly collect: () => readonly Metric[]
  /** Whether an older one goes by the name. */
  readonly isTaken: (state: SourceState) => boolean
  readonly onNotice: (text: string) => void
}

interface Name {
  readonly labels: InstanceLabels
  /** Whom it continues. */
  readonly ancestors: readonly string[]
  readonly continuation: Continuation
}

/** Writes one cluster's state, under a name that it shares with nobody. */
export class Publisher implements Part {
  readonly #options: PublisherOptions
  readonly #claim: Claim
  readonly #life = ownLife()
  readonly #startedAt = Date.now()
  readonly #began = performance.now()
  #generation = randomUUID()
  #sequence = 0
  /** Undefined until it is known, or cannot be waited for. */
  #name: Name | undefined
  /** Undefined while there is none, `none` where there is no room for one. */
  #lease: KeptLease | 'none' | undefined
  #hasContact = false
  #hasEnded = false
  /** Whether what is left of the ancestors in Redis has been removed. */
  #isAlone = true
  #last: SourceState | undefined
  readonly #stored = new StoredTotals()

  constructor(options: PublisherOptions) {
    this.#options = options
    const { place, ttlMs } = options.settings
    this.#claim = new Claim({ keys: options.keys, place, ttlMs, life: this.#life })
  }

  get generation(): string {
    return this.#generation
  }

  /** Undefined while nobody knows the name. */
  get identity(): Pick<SourceState, 'instance' | 'ancestors'> | undefined {
    const name = this.#named()
    return name && { instance: name.labels.instance, ancestors: name.ancestors }
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
    const claimed = await this.#claim.attempt(send, {
      generation: this.#generation,
      instance: name?.labels.instance,
      ancestors: name?.ancestors ?? [],
    })
    if (!claimed) return
    const { ttlMs } = this.#options.settings
    this.#lease = claimed.lease === undefined ? 'none' : new KeptLease(claimed.lease, ttlMs)
    this.#adopt(claimed)
  }

  steps(): Step[] {
    const name = this.#named()
    if (!name) return []
    const { keys, settings } = this.#options
    const { ttlMs } = settings
    const collectedAt = performance.now()
    const state = this.#stateOf(name)
    const take = (value: unknown): void => {
      if (isDone(value)) this.#stored.confirm(state, collectedAt)
    }
    const heir = keys.heir(this.#generation)
    const score = ['ZADD', keys.index, state.writtenAt, this.#generation] as const
    return [
      {
        command: ['SET', keys.source(this.#generation), encodeSource(state), ...expiry(ttlMs)],
        take,
      },
      { command: score },
      ...(ttlMs === undefined
        ? []
        : [{ command: ['PEXPIRE', keys.index, ttlMs + limits.clockSkewMs] } as const]),
      ...this.#leaseSteps(name),
      { command: ['EXISTS', heir], take: (count) => count !== 0 && this.#yieldName() },
      ...this.#farewell(name),
    ]
  }

  settle(): void {
    if (!this.#last || !this.#options.isTaken(this.#last)) return
    const instance = `${this.#last.instance}-${this.#generation.slice(0, 8)}`
    if (this.#name) this.#name = { ...this.#name, labels: new InstanceLabels(instance) }
    this.#last = undefined
    this.#options.onNotice(
      `another process shares metrics by Redis with this one's service.instance.id; this one is ${instance}`,
    )
  }

  hurryMs(): number | undefined {
    return this.#name ? undefined : limits.identityLookMs
  }

  /** Nobody waits for Redis for long: what could not be asked for then begins anew. */
  #named(): Name | undefined {
    const patience = this.#hasContact ? limits.identityPatienceMs : limits.identityFirstMs
    if (!this.#name && performance.now() - this.#began > patience) this.#beginAnew()
    return this.#name
  }

  #beginAnew(number = 0): void {
    this.#name = {
      labels: new InstanceLabels(this.#claim.nameOf(this.#generation, number)),
      ancestors: [],
      continuation: this.#continued(undefined),
    }
  }

  #adopt({ instance, ancestors, previous }: Claimed): void {
    // In the meantime it may have been shown without.
    const borne = this.#name
    const labels = borne?.labels.instance === instance ? borne.labels : new InstanceLabels(instance)
    const continuation = borne?.continuation ?? this.#continued(previous)
    this.#name = { labels, ancestors, continuation }
    this.#isAlone = ancestors.length === 0
  }

  #continued(previous: SourceState | undefined): Continuation {
    const { usesSlots, keepWorkerId } = this.#options.settings
    return new Continuation({ previous, now: Date.now(), usesSlots, keepWorkerId })
  }

  #stateOf({ labels, ancestors, continuation }: Name): SourceState {
    const { collect, settings } = this.#options
    this.#sequence += 1
    const now = Date.now()
    this.#last = {
      generation: this.#generation,
      instance: labels.instance,
      service: settings.place.service,
      ancestors,
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

  #leaseSteps({ labels: { instance }, ancestors }: Name): Step[] {
    if (this.#lease === undefined || this.#lease === 'none') return []
    return this.#lease.steps({ generation: this.#generation, instance, ancestors, ...this.#life })
  }

  /** Once: what the ancestors have left is in our totals. */
  #farewell({ ancestors }: Name): Step[] {
    if (this.#isAlone) return []
    const { keys } = this.#options
    const take = (): void => {
      this.#isAlone = true
    }
    return [
      { command: ['DEL', ...ancestors.map(keys.source)], take },
      { command: ['ZREM', keys.index, ...ancestors] },
    ]
  }

  /** Somebody took this process for dead and continues its totals: from here on it is another one. */
  #yieldName(): void {
    this.#generation = randomUUID()
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
