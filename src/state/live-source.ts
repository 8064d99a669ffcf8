import { relayLimits } from '../limits/relay.ts'
import { stateLimits } from '../limits/state.ts'
import type { UncaughtError } from '../model/death.ts'
import type { Attributes, Point } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import type { Source } from '../relay/report.ts'
import type { Cell, Family } from './series.ts'

/** A source of reports, with the announced metrics and series by number. */
export class LiveSource {
  readonly forkNumber: number
  readonly identity: Source
  /** Undefined for a metric over the limit. */
  readonly families: Map<number, Family | undefined> = new Map()
  /** Undefined for a series over the limit. */
  readonly cells: Map<number, Cell | undefined> = new Map()
  /** Sequence number of the next report. */
  sequence = 0
  hasEnded = false
  /** From the last report. */
  error: UncaughtError | undefined

  constructor(forkNumber: number, identity: Source) {
    this.forkNumber = forkNumber
    this.identity = identity
  }

  isProcess({ pid, startSeconds }: Source): boolean {
    return this.identity.pid === pid && this.identity.startSeconds === startSeconds
  }

  /** Whether a metric with this number has room. A source announces each number once. */
  hasRoomForMetric(number: number): boolean {
    return this.families.size < stateLimits.metrics || this.families.has(number)
  }

  /** Whether a series with this number has room. Reporters keep the limit, too. */
  hasRoomForSeries(number: number): boolean {
    return this.cells.size < relayLimits.seriesPerSource || this.cells.has(number)
  }

  *filledCells(): Iterable<Cell> {
    for (const cell of this.cells.values()) if (cell) yield cell
  }

  /** The last value of a `gunicorn_*` metric; undefined for a histogram. */
  valueOf(name: string): number | undefined {
    for (const { value } of this.pointsOf(name)) {
      return typeof value === 'number' ? value : undefined
    }
    return undefined
  }

  /** A source can have thousands of series, so the search ends where the reader stops. */
  *pointsOf(name: string): Iterable<Point> {
    for (const { series, value } of this.filledCells()) {
      const { descriptor } = series.family
      if (descriptor.name !== name || descriptor.scope !== ownScope || value === undefined) continue
      yield { attributes: series.attributes, value }
    }
  }

  /** Adds a cell without a number from a report. */
  addUnannounced(cell: Cell): void {
    // Reports number series from 0. Negative numbers are free.
    this.cells.set(-1 - this.cells.size, cell)
  }
}

/** A series under the attributes in the source's report. */
export interface ReportedSeries {
  readonly source: LiveSource
  readonly family: Family | undefined
  readonly attributes: Attributes
}
