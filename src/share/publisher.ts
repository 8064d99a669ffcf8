import { shareLimits } from '../limits/share.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import type { Metric } from '../model/metric.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import type { ProcessIdentity } from '../support/process/process-identity.ts'
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
import { ConfirmedTotals, nonMonotonic } from './succession/confirmed-totals.ts'
import { type Name, ProcessName } from './succession/process-name.ts'
import type { Moment } from './succession/retained-series.ts'

export interface PublisherOptions {
  readonly settings: Omit<RedisSettings, 'connection'>
  readonly keys: RedisKeys
  /** Returns the current metrics of this cluster; may throw. */
  readonly collect: () => readonly Metric[]
  /** Whether a cluster that started earlier uses the name of this state. */
  readonly isNameTaken: (state: PeerState) => boolean
  /** Called with a text for the operator. */
  readonly onNotice: (text: CodedText) => void
  /** Default: this process. */
  readonly process?: ProcessIdentity
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now'>
}

/** Writes the state of this cluster to Redis, under a unique name. */
export class Publisher implements RoundTripParticipant {
  readonly #options: PublisherOptions
  readonly #clock: Pick<Clock, 'now'>
  readonly #name: ProcessName
  /** Unix milliseconds: readers on other hosts compare the starts of processes. */
  readonly #startedAt = Date.now()
  #sequence = 0
  #hasEnded = false
  /** The last sent state. */
  #sent: PeerState | undefined
  readonly #confirmed = new ConfirmedTotals()

  constructor(options: PublisherOptions) {
    this.#options = options
    const { clock = nodeClock, ...others } = options
    this.#clock = clock
    this.#name = new ProcessName({ ...others, clock, onTakenOver: () => this.#startAnew() })
  }

  get incarnation(): string {
    return this.#name.incarnation
  }

  /** Undefined while the name is unknown. */
  get identity(): Pick<PeerState, 'instance' | 'predecessors'> | undefined {
    const name = this.#name.current
    return name && { instance: name.labels.instance, predecessors: name.predecessors }
  }

  /** This cluster's metrics for the page; none while the name is unknown. */
  page(metrics: readonly Metric[]): Metric[] {
    const name = this.#name.current
    if (!name) return []
    const { labels, carriedTotals } = name
    const confirmed = this.#confirmed.at(this.#clock.now())
    if (confirmed) return labels.on([...confirmed, ...nonMonotonic(metrics)])
    const retained = carriedTotals.retained(this.#moment()).flatMap((each) => each.metrics)
    return labels.on([...carriedTotals.joined(metrics), ...retained])
  }

  /** Marks the next state as the final state. */
  end(): void {
    this.#hasEnded = true
  }

  async prepare(send: Client['send']): Promise<void> {
    await this.#name.acquire(send, this.#hasEnded)
  }

  steps(): CommandStep[] {
    const name = this.#name.current
    if (!name) return []
    const { keys, settings } = this.#options
    const { ttlMs } = settings
    const { incarnation } = this.#name
    const collectedAt = this.#clock.now()
    const state = this.#stateOf(name)
    const take = (value: unknown): void => {
      if (isDone(value)) this.#confirmed.confirm(state, collectedAt)
    }
    const value = encodePeerState(state)
    const indexTtl = ttlMs === undefined ? [] : [ttlMs + shareLimits.clockSkewMs]
    return [
      { command: ['SET', keys.source(incarnation), value, ...expiry(ttlMs)], take },
      { command: ['ZADD', keys.index, state.writtenAt, incarnation] },
      ...indexTtl.map((ms): CommandStep => ({ command: ['PEXPIRE', keys.index, ms] })),
      ...this.#name.steps(name),
    ]
  }

  settle(): void {
    if (!this.#sent || !this.#options.isNameTaken(this.#sent)) return
    const instance = `${this.#sent.instance}-${this.incarnation.slice(0, 8)}`
    this.#name.rename(instance)
    this.#sent = undefined
    const other = 'another process in Redis has the same service.instance.id'
    const text = `${other}; this process is now ${instance}`
    this.#options.onNotice(coded('GPE_REDIS_NAME', text))
  }

  hurryMs(): number | undefined {
    return this.#name.isKnown ? undefined : shareLimits.identityPollMs
  }

  #stateOf({ labels, predecessors, carriedTotals }: Name): PeerState {
    const { collect, settings } = this.#options
    this.#sequence += 1
    const moment = this.#moment()
    this.#sent = {
      incarnation: this.incarnation,
      instance: labels.instance,
      service: settings.serviceSlot.service,
      predecessors,
      sequence: this.#sequence,
      startedAt: this.#startedAt,
      writtenAt: moment.unixNow,
      intervalMs: settings.collectIntervalMs,
      hasEnded: this.#hasEnded,
      metrics: carriedTotals.joined(collect()),
      retained: carriedTotals.retained(moment),
    }
    return this.#sent
  }

  #moment(): Moment {
    return { now: this.#clock.now(), unixNow: Date.now() }
  }

  #startAnew(): void {
    this.#sequence = 0
    this.#sent = undefined
    this.#confirmed.forget()
    this.#options.onNotice(coded('GPE_REDIS_NAME', lateText))
  }
}

const lateText =
  'this process was silent for too long, so another process took over its name in Redis'
