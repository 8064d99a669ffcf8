import type { CrashCounts } from '../crash-file/reader.ts'
import type { CrashFiles } from '../crash-file/store.ts'
import { catalog } from '../model/catalog.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import { declared, labelled, point } from '../model/declared.ts'
import type { Metric, Point } from '../model/metric.ts'
import type { StartOf } from '../otel/to-otel.ts'
import type { LastReports } from '../relay/last-report/last-report.ts'
import { Ledger } from './aggregator.ts'
import { Deaths, deathOf } from './deaths.ts'
import { type Figures, figuresOf } from './last-values.ts'
import { OomKills } from './oom-kills.ts'
import { startTimes } from './start-times.ts'
import { type Attendance, Roster, type Vitals } from './worker-registry.ts'

export interface ClusterStateOptions {
  /** `worker_1 … worker_n`, reused by replacements, instead of `worker_<age>_<start>`. */
  readonly usesSlots: boolean
  /** Nothing is merged across workers. */
  readonly keepWorkerId: boolean
  /** Series over all sources; more are left out. */
  readonly maxSeries: number
  /** Undefined where workers leave none. */
  readonly lastReports: LastReports | undefined
  /** Undefined where workers write none. */
  readonly crashFiles: CrashFiles | undefined
  /** Path of our cgroup's `memory.events`; undefined where there is none. */
  readonly memoryEvents: string | undefined
  /** Unix second since which totals are kept. */
  readonly epochSeconds: number
  /** Asks the source of this age to say everything again. */
  readonly resync: (age: number) => void
  /** Called once for every worker that ended. */
  readonly onDeath: (death: Death) => void
}

type Ended = Extract<ClusterEvent, { kind: 'ended' }>
type WorkerStatus = Omit<Vitals, 'source'> & Pick<Figures, 'requests' | 'memoryBytes'>

/** Everything that is known of one primary's workers or of a process alone: what they reported, who lives, how the others ended. */
export class ClusterState {
  readonly #options: ClusterStateOptions
  readonly #roster: Roster
  readonly #ledger: Ledger
  readonly #deaths = new Deaths()
  readonly #oomKills: OomKills
  readonly #reports = new Map<string, number>([['accepted', 0]])
  readonly #crashFiles = new Map<string, number>([
    ['read', 0],
    ['none', 0],
    ['refused', 0],
  ])
  #reportChars = 0

  constructor(options: ClusterStateOptions) {
    this.#options = options
    const { usesSlots, keepWorkerId, maxSeries } = options
    this.#oomKills = new OomKills(options.memoryEvents)
    this.#roster = new Roster({ slots: usesSlots })
    this.#ledger = new Ledger({
      workerIdOf: (source) => {
        this.#roster.reported(source, Date.now())
        return this.#roster.workerIdOf(source)
      },
      mergesNothing: keepWorkerId,
      reusesIds: usesSlots,
      maxSeries,
    })
  }

  report(age: number, text: unknown): void {
    const outcome = this.#ledger.report(age, text)
    this.#reports.set(outcome, (this.#reports.get(outcome) ?? 0) + 1)
    if (typeof text === 'string') this.#reportChars += text.length
    if (outcome === 'out of sequence') this.#options.resync(age)
    const source = this.#ledger.identityOf(age)
    if (outcome === 'accepted' && source) this.#roster.reported(source, Date.now())
  }

  apply(event: ClusterEvent): void {
    if (event.kind === 'ended') this.#retire(this.#explained(event))
    else this.#roster.apply(event)
  }

  /** Takes the last reports that these workers have left in files. @returns the ages of those that have not yet. */
  takeLastReports(ages: readonly number[]): number[] {
    const reports = this.#options.lastReports
    if (!reports) return []
    return ages.filter((age) => {
      const text = reports.take(age)
      if (text !== undefined) this.report(age, text)
      return text === undefined
    })
  }

  metrics(now: number): Metric[] {
    this.#expire()
    return [
      ...this.#roster.metrics(now),
      this.#deaths.metric(),
      ...this.#ledger.metrics(),
      declared(catalog.exporterReports, labelled(this.#reports, 'outcome')),
      declared(catalog.exporterReportBytes, [point({}, this.#reportChars)]),
      declared(catalog.exporterSeries, [point({}, this.#ledger.seriesCount)]),
      declared(catalog.exporterCrashFiles, this.#crashFilePoints()),
    ]
  }

  /** Since when the series of `metrics` count. */
  startOf(): StartOf {
    const { epochSeconds, keepWorkerId: keepsWorkerId } = this.#options
    return startTimes({ epochSeconds, workers: this.#roster.starts(), keepsWorkerId })
  }

  /** Whether the application exports what it measures by SDKs of its own as well. */
  get hasOwnSdks(): boolean {
    return this.#ledger.hasOwnSdks
  }

  get reports(): ReadonlyMap<string, number> {
    return this.#reports
  }

  get seriesCount(): number {
    return this.#ledger.seriesCount
  }

  /** Series left out, by limit. */
  get dropped(): ReadonlyMap<string, number> {
    return new Map([...this.#ledger.dropped, ['retained workers', this.#roster.surplus]])
  }

  /** The last ones. */
  get deaths(): readonly Death[] {
    return this.#deaths.last
  }

  attendance(): Attendance {
    return this.#roster.attendance()
  }

  /** Those that live, with what they last said. */
  workers(): WorkerStatus[] {
    return this.#roster.vitals(Date.now()).map(({ source, ...vitals }) => {
      const { requests, memoryBytes } = figuresOf((name) => this.#ledger.valueOf(source, name))
      return { ...vitals, requests, memoryBytes }
    })
  }

  #crashFilePoints(): Point[] {
    return this.#options.crashFiles ? labelled(this.#crashFiles, 'outcome') : []
  }

  /** An end by SIGKILL may be the kernel's doing, where it was not the master's. */
  #explained(event: Ended): Ended {
    if (event.signal !== 'SIGKILL') return event
    this.#oomKills.look(event.at)
    if (event.cause !== undefined || !this.#roster.vitalsOf(event.age, event.at)) return event
    return this.#oomKills.claim() ? { ...event, cause: 'oom' } : event
  }

  #retire(event: Ended): void {
    const { age, code, at } = event
    this.takeLastReports([age])
    const reportAgeSeconds = this.#roster.vitalsOf(age, at)?.reportAgeSeconds ?? null
    this.#takeCrashFile(age, at)
    // Before the ledger lets go of what it said, and the roster of its life.
    const vitals = this.#roster.vitalsOf(age, at)
    const figures = figuresOf((name) => this.#ledger.valueOf(age, name))
    this.#ledger.retire(age, code === 0)
    this.#roster.apply(event)
    if (vitals) this.#mourn(age, deathOf(event, { ...vitals, reportAgeSeconds }, figures))
    this.#expire()
  }

  /** What an ended worker had counted and had not yet reported. */
  #takeCrashFile(age: number, at: number): void {
    const { crashFiles } = this.#options
    const vitals = this.#roster.vitalsOf(age, at)
    if (!crashFiles || !vitals) return
    const counts = crashFiles.take(age)
    const outcome =
      typeof counts === 'string'
        ? counts
        : this.#believe(age, vitals.pid, counts)
          ? 'read'
          : 'refused'
    this.#crashFiles.set(outcome, (this.#crashFiles.get(outcome) ?? 0) + 1)
  }

  #believe(age: number, pid: number | null, { source, metrics }: CrashCounts): boolean {
    if (source.age !== age || (pid !== null && source.pid !== pid)) return false
    return this.#ledger.raise(age, source, metrics)
  }

  #mourn(age: number, death: Death): void {
    this.#deaths.add(age, death)
    this.#options.onDeath(death)
  }

  /** Forgets ended workers past their retention; who was short of room for series may now have it. */
  #expire(): void {
    const expired = this.#roster.expire(Date.now())
    for (const age of expired) {
      this.#ledger.forget(age)
      this.#deaths.forget(age)
    }
    if (expired.length === 0) return
    for (const age of this.#ledger.takeStarved()) this.#options.resync(age)
  }
}
