import { relayLimits } from '../../limits/relay.ts'
import { stateLimits } from '../../limits/state.ts'
import type { UncaughtError } from '../../model/death.ts'
import type { Attributes, Point, Value } from '../../model/metric.ts'
import { ownScope } from '../../model/own-scope.ts'
import type { Source } from '../../relay/report.ts'
import type { Family } from './family.ts'
import { NumberedList } from './numbered-list.ts'
import { Rows } from './rows.ts'
import type { Cell } from './series.ts'

/** A source of reports, with the announced metrics and series by number. */
export class LiveSource {
  readonly forkNumber: number
  readonly identity: Source
  /** Undefined for a metric over the limit. */
  readonly families: Map<number, Family | undefined> = new Map()
  /** Undefined for a series over the limit. */
  readonly cells: NumberedList<Cell> = new NumberedList()
  /** Values of all metrics, by the width of a row. */
  #rows = new Map<number, Rows>()
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

  /** The columns for rows of one width. */
  readonly rows = (width: number): Rows => {
    const known = this.#rows.get(width) ?? new Rows(width)
    this.#rows.set(width, known)
    return known
  }

  filledCells(): Cell[] {
    return this.cells.items.filter((cell) => cell !== undefined)
  }

  cellsOf(family: Family): Cell[] {
    return this.filledCells().filter(({ series }) => series.family === family)
  }

  /** Keeps some cells of an ended source, and gives back the memory of all others. */
  keep(cells: readonly Cell[]): void {
    this.cells.keep(cells)
    this.families.clear()
    this.#rows = new Map()
    for (const cell of cells) cell.moveTo(this.rows(cell.rows.width))
  }

  /** The last value of a `gunicorn_*` metric; undefined for a histogram. */
  valueOf(name: string): number | undefined {
    const value = this.#firstOf(name)
    return typeof value === 'number' ? value : undefined
  }

  /** The last points of a `gunicorn_*` metric. */
  pointsOf(name: string): Point[] {
    return this.filledCells().flatMap((cell) => {
      const value = ownValue(cell, name)
      return value === undefined ? [] : [{ attributes: cell.series.attributes, value }]
    })
  }

  /** A source can have thousands of series, so the search ends at the first value. */
  #firstOf(name: string): Value | undefined {
    for (const cell of this.cells.items) {
      const value = cell && ownValue(cell, name)
      if (value !== undefined) return value
    }
    return undefined
  }
}

function ownValue(cell: Cell, wanted: string): Value | undefined {
  const { descriptor, values } = cell.series.family
  if (descriptor.name !== wanted || descriptor.scope !== ownScope) return undefined
  return values.valueOf(cell)
}

/** A series under the attributes in the source's report. */
export interface ReportedSeries {
  readonly source: LiveSource
  readonly family: Family | undefined
  readonly attributes: Attributes
}
