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
  #own: OwnCells | undefined
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
    const first = this.#ownCells(name).find(({ hasValue }) => hasValue)
    const value = first && valueIn(first)
    return typeof value === 'number' ? value : undefined
  }

  /** The last points of a `gunicorn_*` metric. */
  pointsOf(name: string): Point[] {
    return this.#ownCells(name).flatMap((cell) => {
      const value = valueIn(cell)
      return value === undefined ? [] : [{ attributes: cell.series.attributes, value }]
    })
  }

  /**
   * A search in all cells took longer than a page: the exporter thread asks four times a second,
   * and a source can have thousands of series.
   */
  #ownCells(name: string): readonly Cell[] {
    const { changes } = this.cells
    if (this.#own?.changes !== changes) this.#own = { changes, byName: ownCells(this.cells.items) }
    return this.#own.byName.get(name) ?? []
  }
}

interface OwnCells {
  /** Changes of the cells so far. */
  readonly changes: number
  readonly byName: ReadonlyMap<string, readonly Cell[]>
}

/** The cells of this package's metrics, by name. */
function ownCells(cells: readonly (Cell | undefined)[]): Map<string, Cell[]> {
  const byName = new Map<string, Cell[]>()
  for (const cell of cells) {
    if (!cell) continue
    const { name, scope } = cell.series.family.descriptor
    if (scope !== ownScope) continue
    const known = byName.get(name)
    if (known) known.push(cell)
    else byName.set(name, [cell])
  }
  return byName
}

function valueIn(cell: Cell): Value | undefined {
  return cell.series.family.values.valueOf(cell)
}

/** A series under the attributes in the source's report. */
export interface ReportedSeries {
  readonly source: LiveSource
  readonly family: Family | undefined
  readonly attributes: Attributes
}
