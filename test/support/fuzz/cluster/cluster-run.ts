import assert from 'node:assert/strict'
import type { CrashFiles } from '../../../../src/crash-file/store.ts'
import { RenderTools } from '../../../../src/exposition/render-tools.ts'
import { LabelTexts } from '../../../../src/exposition/text-labels.ts'
import { stateLimits } from '../../../../src/limits/state.ts'
import { catalog } from '../../../../src/model/catalog/catalog.ts'
import { declared, point } from '../../../../src/model/catalog/declared.ts'
import { isMonotonic, type Metric, type Value } from '../../../../src/model/metric.ts'
import type { LastReports } from '../../../../src/relay/last-report/last-report.ts'
import { ClusterState } from '../../../../src/state/cluster-state.ts'
import { renderText } from '../../exposition/render-text.ts'
import { faultsOf } from '../../prometheus/exposition.ts'
import { ClusterModel, type Expected } from './cluster-model.ts'
import { open, orders, SimulatedWorker, sizes, waits } from './simulated-worker.ts'

export interface RunOptions {
  readonly usesSlots: boolean
  readonly keepWorkerId: boolean
  /** So few series that not all fit, or enough for all. */
  readonly maxSeries: number
}

export const retentionMs = 10_000

/** A state, what happens around the state, and what the state must show. */
export class ClusterRun {
  readonly state: ClusterState
  readonly model: ClusterModel
  readonly #options: RunOptions
  readonly #tools = new RenderTools(new LabelTexts())
  readonly #shown = new Map<string, number>()
  #deaths = 0
  #forks = 0
  now = 0
  /** The system's clock, which can be set. Unix milliseconds. */
  unixMs = 1_700_000_000_000

  constructor(options: RunOptions) {
    this.#options = options
    const { retainedWorkers } = stateLimits
    this.model = new ClusterModel({ ...options, retentionMs, retainedWorkers })
    this.state = new ClusterState({
      ...options,
      mergeRules: [],
      retentionMs,
      // Files are in memory: a run of the model makes hundreds.
      lastReports: {
        take: (forkNumber: number) => this.#takeLastReport(forkNumber),
      } as unknown as LastReports,
      crashFiles: {
        take: (forkNumber: number) => this.#takeCrashFile(forkNumber),
      } as unknown as CrashFiles,
      oomCounterFile: undefined,
      beat: undefined,
      epochSeconds: 1_700_000_000,
      resync: (forkNumber) => this.#of(forkNumber)?.reports.resetBaseline(),
      onDeath: () => {
        this.#deaths += 1
      },
      now: () => this.now,
    })
  }

  /** Fork numbers have gaps: a fork can fail. */
  fork(gap: number): SimulatedWorker {
    this.#forks += 1 + gap
    const worker = new SimulatedWorker(this.#forks)
    const { forkNumber } = worker
    const { pid } = worker.reports.source
    this.model.fork(worker)
    this.state.apply({ kind: 'forked', forkNumber, at: this.unixMs, pid })
    return worker
  }

  end(forkNumber: number, code: number | null, signal: string | null): void {
    const known = this.model.workers.find(({ worker }) => worker.forkNumber === forkNumber)
    assert.ok(known)
    const { worker, presence } = known
    const exit = { forkNumber, at: this.unixMs, code, signal, voluntary: false }
    const last = worker.lastReport
    if (last) this.model.report(known, last.sequence, last.values)
    if (presence === 'live' || presence === 'exited') {
      known.least = worker.crashRequests ?? 0
      this.model.end(known, this.now, code)
    }
    this.state.apply({ kind: 'ended', ...exit })
    this.model.expire(this.now)
  }

  /** Compares the page with the model. */
  scrape(): void {
    const metrics = this.state.metrics()
    this.model.expire(this.now)
    const { maxSeries } = this.#options
    assert.ok(this.state.seriesCount <= maxSeries, `${this.state.seriesCount} series`)
    assert.ok(this.state.deaths.length <= stateLimits.deaths)
    assert.equal(this.#deaths, this.model.deaths)
    assert.deepEqual(withoutZeros(this.state.reports), withoutZeros(this.model.results))
    this.#assertNoFall(metrics)
    if (maxSeries >= roomy) assert.deepEqual(this.#shownTotals(metrics), this.model.expected())
    else assert.equal(this.state.workerCounts().live, this.model.expected().live)
  }

  /** Compares a last time, and checks the texts that the state leads to. */
  finish(): void {
    this.scrape()
    for (const format of ['prometheus', 'openmetrics'] as const) {
      const { text } = renderText(this.state.metrics(), format, this.#tools)
      assert.deepEqual(faultsOf(text, format), [])
    }
    JSON.stringify([this.state.workers(), this.state.deaths])
  }

  #shownTotals(metrics: readonly Metric[]): Expected {
    const total = (name: string): number => totalOf(metrics, name)
    return {
      live: this.state.workerCounts().live,
      requests: total(catalog.requests.name),
      orders: total(orders.name),
      waits: total(waits.name),
      sizes: total(sizes.name),
      open: total(open.name),
    }
  }

  /** A series that stays on the page never falls. */
  #assertNoFall(metrics: readonly Metric[]): void {
    const before = new Map(this.#shown)
    this.#shown.clear()
    for (const { descriptor, points } of metrics) {
      if (!isMonotonic(descriptor.kind)) continue
      for (const { attributes, value } of points) {
        const series = `${descriptor.name} ${JSON.stringify(attributes)}`
        const count = countOf(value)
        assert.ok(count >= (before.get(series) ?? 0), `${series} fell to ${count}`)
        this.#shown.set(series, count)
      }
    }
  }

  #of(forkNumber: number): SimulatedWorker | undefined {
    return this.model.workers.find(({ worker }) => worker.forkNumber === forkNumber)?.worker
  }

  #takeLastReport(forkNumber: number): ReturnType<LastReports['take']> {
    const worker = this.#of(forkNumber)
    const text = worker?.lastReport?.text
    if (worker) worker.lastReport = undefined
    return text === undefined ? undefined : { text }
  }

  #takeCrashFile(forkNumber: number): ReturnType<CrashFiles['take']> {
    const worker = this.#of(forkNumber)
    if (worker?.crashRequests === undefined) return 'missing'
    const { role, pid, startSeconds } = worker.reports.source
    const metrics = [declared(catalog.requests, [point({}, worker.crashRequests)])]
    return { source: { role, pid, startSeconds, forkNumber }, metrics }
  }
}

/** Enough series for every run. */
export const roomy = 10_000

function totalOf(metrics: readonly Metric[], name: string): number {
  const points = metrics.flatMap((metric) => (metric.descriptor.name === name ? metric.points : []))
  return points.reduce((sum, { value }) => sum + countOf(value), 0)
}

function countOf(value: Value): number {
  return typeof value === 'number' ? value : value.count
}

function withoutZeros(counts: object): Record<string, number> {
  const entries = counts instanceof Map ? [...counts] : Object.entries(counts)
  return Object.fromEntries(entries.filter(([, count]) => count > 0))
}
