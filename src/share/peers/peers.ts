import { limits } from '../../limits.ts'
import type { Metric } from '../../model/metric.ts'
import { InstanceLabels } from './instance-labels.ts'
import {
  allOf,
  holdersOf,
  isEarlier,
  isLive,
  type KnownSource,
  seriesOf,
  silenceMs,
} from './known-peer.ts'
import { parseSource, type Refusal, type SourceState } from './peer-state.ts'

/** How a cluster beside the own one is doing. */
export type SourceCondition =
  /** It writes. */
  | 'live'
  /** It has been silent for three of its intervals, or has ended. */
  | 'away'
  /** Another continues its totals. */
  | 'continued'
  /** Another has its name: it is not shown until it has taken another name, or that one is silent. */
  | 'nameless'

const conditions = ['live', 'away', 'continued', 'nameless'] as const

/** A cluster on the page. */
export interface ShownSource {
  readonly instance: string
  readonly service: string
  readonly state: 'live' | 'away' | 'ended'
  /** How old that is which is shown of it. */
  readonly ageSeconds: number
}

/** Times in milliseconds of a monotonic clock. */
export interface SourcesOptions {
  /** Undefined = for ever. */
  readonly ttlMs: number | undefined
  readonly now: () => number
}

/**
 * The other clusters as they were last read. Each stays until it has been silent for the time to live, whatever
 * becomes of Redis in between; what is not believed changes nothing, and is counted.
 */
export class Sources {
  readonly #options: SourcesOptions
  /** By generation; bounded by limits.sources. */
  readonly #known = new Map<string, KnownSource>()
  /** Those that another one continues, since when: they are not taken any more. Bounded by limits.sources. */
  readonly #continued = new Map<string, number>()
  /** What was refused last, so that it counts once, and what was shown for long enough; bounded by limits.sources. */
  readonly #past = new Map<string, Buffer>()
  readonly #refused = new Map<string, number>()
  #series = 0

  constructor(options: SourcesOptions) {
    this.#options = options
  }

  /** Values that were not believed, by reason. */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused
  }

  /** Takes what was read under this generation's key; nothing there is nothing new. */
  take(generation: string, bytes: unknown): void {
    if (!Buffer.isBuffer(bytes) || bytes.length === 0 || this.#continued.has(generation)) return
    const known = this.#known.get(generation)
    if (known?.bytes.equals(bytes) || this.#past.get(generation)?.equals(bytes)) return
    const state = parseSource(bytes)
    if (typeof state === 'string') this.#refuse(generation, bytes, state)
    // A copy of another's would count twice.
    else if (state.generation !== generation) this.#refuse(generation, bytes, 'content')
    // What a failover brought back.
    else if (known && state.sequence <= known.state.sequence) return
    else this.#keep(state, bytes, known)
  }

  /** Only these are in Redis now. What is past of others may be forgotten. */
  retain(generations: ReadonlySet<string>): void {
    for (const generation of this.#past.keys()) {
      if (!generations.has(generation)) this.#past.delete(generation)
    }
  }

  /** Everything to be shown, with the names of the clusters. @param own state of the reader's own, if it has any. */
  metrics(own: Pick<SourceState, 'instance' | 'ancestors'> | undefined): Metric[] {
    const shown = this.#judged(own).filter(
      ({ condition }) => condition === 'live' || condition === 'away',
    )
    return shown.flatMap(({ known }) => {
      known.labelled ??= known.labels.on(allOf(known.state, Date.now()))
      return known.labelled
    })
  }

  counts(
    own: Pick<SourceState, 'instance' | 'ancestors'> | undefined,
  ): Map<SourceCondition, number> {
    const counts = new Map<SourceCondition, number>(conditions.map((each) => [each, 0]))
    for (const { condition } of this.#judged(own)) {
      counts.set(condition, (counts.get(condition) ?? 0) + 1)
    }
    return counts.set('continued', this.#continued.size)
  }

  /** Those that are shown to whoever has no cluster of its own. */
  shown(): ShownSource[] {
    return this.#judged(undefined).flatMap(({ known: { state, heardAt }, condition }) => {
      if (condition !== 'live' && condition !== 'away') return []
      const { instance, service, hasEnded } = state
      const ageSeconds = Math.max(0, this.#options.now() - heardAt) / 1_000
      return [{ instance, service, state: hasEnded ? 'ended' : condition, ageSeconds }]
    })
  }

  /** Whether one that began earlier, and has not ended, goes by this name. */
  isTaken({ instance, startedAt, generation, ancestors }: SourceState): boolean {
    const mine = { startedAt, generation }
    return this.#judged(undefined).some(
      ({ known: { state }, condition }) =>
        state.instance === instance &&
        !ancestors.includes(state.generation) &&
        condition === 'live' &&
        isEarlier(state, mine),
    )
  }

  #judged(own: Pick<SourceState, 'instance' | 'ancestors'> | undefined): Judged[] {
    this.#expire()
    for (const ancestor of own?.ancestors ?? []) this.#release(ancestor)
    const all = [...this.#known.values()].sort((one, other) =>
      isEarlier(one.state, other.state) ? -1 : 1,
    )
    const now = this.#options.now()
    const holders = holdersOf(all, now)
    return all.map((known) => {
      const { instance } = known.state
      const isHolder = instance !== own?.instance && holders.get(instance) === known
      if (!isHolder) return { known, condition: 'nameless' }
      return { known, condition: isLive(known, now) ? 'live' : 'away' }
    })
  }

  #keep(state: SourceState, bytes: Buffer, known: KnownSource | undefined): void {
    if (!known && this.#hasHeir(state.generation)) {
      this.#retire(state.generation)
      return
    }
    const series = seriesOf(state)
    // What it continues makes room for it: else the restart of a large fleet would shut half of it out.
    const names = new Set([state.generation, ...state.ancestors])
    const former = [...names].flatMap((each) => this.#known.get(each) ?? [])
    const left = former.reduce((sum, each) => sum - each.series, this.#series)
    const isFull = this.#known.size - former.length >= limits.sources
    if (isFull || left + series > limits.sharedSeries) {
      this.#refuse(state.generation, bytes, 'limit')
      return
    }
    for (const ancestor of state.ancestors) this.#release(ancestor)
    this.#past.delete(state.generation)
    this.#series += series - (known?.series ?? 0)
    const labels = known?.labels.instance === state.instance ? known.labels : undefined
    this.#known.set(state.generation, {
      bytes,
      state,
      series,
      labels: labels ?? new InstanceLabels(state.instance),
      heardAt: this.#options.now() - (known ? 0 : this.#ageOf(state)),
      labelled: undefined,
    })
  }

  #hasHeir(generation: string): boolean {
    return [...this.#known.values()].some(({ state }) => state.ancestors.includes(generation))
  }

  /** Another one has its totals, and its room. */
  #release(generation: string): void {
    const known = this.#known.get(generation)
    if (!known) return
    this.#known.delete(generation)
    this.#series -= known.series
    this.#retire(generation)
  }

  #retire(generation: string): void {
    const [oldest] = this.#continued.keys()
    if (oldest !== undefined && this.#continued.size >= limits.sources) {
      this.#continued.delete(oldest)
    }
    this.#continued.set(generation, this.#options.now())
  }

  /** One that is seen for the first time may have been silent for long; or lives, and its clock is behind: it has the time to write again. */
  #ageOf(state: SourceState): number {
    const most = (this.#options.ttlMs ?? 0) - silenceMs(state)
    return Math.max(0, Math.min(Date.now() - state.writtenAt, most))
  }

  #refuse(generation: string, bytes: Buffer, reason: Refusal | 'limit'): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1)
    this.#passBy(generation, bytes)
  }

  /** As long as it stays there it is not looked at again. */
  #passBy(generation: string, bytes: Buffer): void {
    if (this.#past.size < limits.sources) this.#past.set(generation, bytes)
  }

  #expire(): void {
    const { ttlMs, now } = this.#options
    if (ttlMs === undefined) return
    for (const [generation, since] of this.#continued) {
      if (now() - since > ttlMs) this.#continued.delete(generation)
    }
    for (const [generation, { heardAt, series, bytes }] of this.#known) {
      if (now() - heardAt <= ttlMs) continue
      this.#known.delete(generation)
      this.#passBy(generation, bytes)
      this.#series -= series
    }
  }
}

interface Judged {
  readonly known: KnownSource
  readonly condition: SourceCondition
}
