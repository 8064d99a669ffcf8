import type { LiveContent, LiveReply, LiveView } from '../endpoint/live-content.ts'
import { liveLimits } from '../limits/tools/live.ts'
import type { LiveInstance, LiveRoute } from '../model/live/live-document.ts'
import { isStale } from '../model/live/stale-worker.ts'
import { printableJson } from '../model/text/printable.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import type { Stop } from '../support/stop.ts'
import { boundedLines, contentReply } from './content-reply.ts'
import type { LiveReading } from './counts/reading.ts'
import { shownRates } from './counts/shown-figures.ts'
import { liveDocument } from './document.ts'
import { liveQuery, nameIn } from './live-query.ts'
import type { LiveSource } from './live-source.ts'
import { PollPace } from './poll-pace.ts'
import { RecentValues } from './recent-values.ts'
import { SampledHistories, type SampledHistory } from './sampled-histories.ts'

export interface LiveOptions {
  readonly source: LiveSource
  /** Whether the history goes on while nobody looks. */
  readonly isAlwaysSampled: boolean
  /** Must not throw. */
  readonly onFault: () => void
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now' | 'every'>
}

/** The data of the live page: samples the source, and renders documents for clients. */
export class Live {
  readonly #options: LiveOptions
  readonly #source: LiveSource
  readonly #clock: Pick<Clock, 'now' | 'every'>
  readonly #histories = new SampledHistories()
  readonly #documents: RecentValues<LiveReply>
  readonly #lines: RecentValues<LiveReply>
  readonly #names: RecentValues<readonly string[]>
  readonly #stop: Stop
  readonly #pace = new PollPace()

  constructor(options: LiveOptions) {
    const { source, clock = nodeClock } = options
    this.#options = options
    this.#source = source
    this.#clock = clock
    const { now } = clock
    const { documentMs: ageMs, longestDocumentMs: longestAgeMs } = liveLimits
    const shared = { ageMs, longestAgeMs, now }
    this.#documents = new RecentValues({ ...shared, capacity: liveLimits.documents })
    this.#lines = new RecentValues({ ...shared, capacity: liveLimits.metricTexts })
    this.#names = new RecentValues({ ageMs: liveLimits.namesAgeMs, capacity: 1, now })
    if (options.isAlwaysSampled) this.#attempt(() => this.#lookAt(undefined, clock.now()))
    this.#stop = clock.every(liveLimits.stepMs, () => this.#step())
  }

  stop(): void {
    this.#stop()
  }

  /** The document. @param query without the question mark. */
  document(query: string, view: LiveView): LiveReply {
    const parsed = liveQuery(query)
    if ('fault' in parsed) return { kind: 'refused', status: 400, text: parsed.fault }
    const { instance } = parsed
    if (instance !== undefined && !this.#source.hasInstance(instance)) {
      return { kind: 'refused', status: 404, text: 'No instance with this name is shown.' }
    }
    this.#pace.note()
    const now = this.#clock.now()
    const everything = this.#lookAt(undefined, now)
    const history = instance === undefined ? everything : this.#lookAt(instance, now)
    const since = history.sampler.history.startFor(parsed.since)
    const key = JSON.stringify([instance, since, history.sampler.history.last])
    return this.#documents.get(key, () => this.#render({ instance, since, history }, view))
  }

  /** The routes of the process, or of all instances. */
  routes(): readonly LiveRoute[] {
    const now = this.#clock.now()
    const { routes, sampler } = this.#lookAt(undefined, now)
    return routes.routes(this.#source.read(undefined), now, sampler.joinedAt)
  }

  /** The lines of one metric. @param query without the question mark. */
  metric(query: string): LiveReply {
    const name = nameIn(query)
    if (name === undefined) {
      return { kind: 'refused', status: 400, text: 'name must be the name of one metric.' }
    }
    return this.#lines.get(name, () => {
      const lines = this.#source.lines(name)
      if (lines === '') return { kind: 'refused', status: 404, text: 'No metric has this name.' }
      return contentReply(boundedLines(lines), 'text/plain; charset=utf-8')
    })
  }

  #lookAt(instance: string | undefined, now: number): SampledHistory {
    const known = this.#histories.get(instance)
    if (known) {
      known.lookedAt = now
      return known
    }
    const history = this.#histories.add(instance, now)
    this.#sample(instance, history)
    return history
  }

  #render(
    {
      instance,
      since,
      history,
    }: { instance: string | undefined; since: number; history: SampledHistory },
    { connections, details }: LiveView,
  ): LiveReply {
    const now = this.#clock.now()
    const everything = this.#source.read(undefined)
    const reading = instance === undefined ? everything : this.#source.read(instance)
    const { sampler, routes } = history
    const document = liveDocument(
      {
        ...{ source: this.#source, sampler, reading },
        ...{ now: Date.now(), uptimeSeconds: process.uptime(), pollSeconds: this.#pace.seconds },
        routes: routes.routes(reading, now, sampler.joinedAt),
        instances: this.#instances(everything),
        names: this.#names.get('', () => this.#source.names().slice(0, liveLimits.names)),
      },
      { instance, since, connections, details },
    )
    return contentReply(printableJson(JSON.stringify(document)), 'application/json; charset=utf-8')
  }

  #instances(everything: LiveReading): LiveInstance[] {
    const sampler = this.#histories.get(undefined)?.sampler
    return this.#source
      .instances(everything)
      .slice(0, liveLimits.instances)
      .map((facts) => {
        const rates = isStale(facts) ? undefined : sampler?.ratesOf(facts.instance)
        return { ...facts, ...shownRates(rates ?? null) }
      })
  }

  #step(): void {
    const now = this.#clock.now()
    this.#pace.step()
    for (const values of [this.#documents, this.#lines, this.#names]) values.expire()
    if (!this.#options.isAlwaysSampled) this.#histories.expire(now)
    for (const [instance, history] of this.#histories.entries()) {
      history.routes.expire(now)
      this.#attempt(() => this.#sample(instance, history))
    }
  }

  #sample(instance: string | undefined, { sampler }: SampledHistory): void {
    this.#source.freshen?.()
    sampler.sample(this.#source.read(instance), this.#clock.now(), Date.now())
  }

  #attempt(act: () => void): void {
    try {
      act()
    } catch {
      this.#options.onFault()
    }
  }
}

/** The routes of an endpoint with a live page. */
export function liveContent(live: Live, page: LiveContent['page']): LiveContent {
  return {
    page,
    document: (query, view) => live.document(query, view),
    metric: (query) => live.metric(query),
  }
}
