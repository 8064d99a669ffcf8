import type { HistogramCell } from '../collect/counts/histogram-cell.ts'
import type { LabelCounts } from '../collect/counts/label-counts.ts'
import type { RequestCounts } from '../collect/counts/request-counts.ts'
import type { RouteCounts } from '../collect/counts/route-counts.ts'
import { statusText } from '../collect/counts/status-slots.ts'
import type { CrashKey } from './layout.ts'
import { type CrashFile, type CrashName, nowhere } from './writer.ts'

type Copy = () => void

/** Copies the counts of a worker to one crash file. A later file has slots of its own. */
export class FileCopies {
  readonly #file: CrashFile
  readonly #counts: RequestCounts
  readonly #onFull: () => void
  readonly #copies: readonly Copy[]

  /** @param onFull called for each series that has no room in the file. */
  constructor(file: CrashFile, counts: RequestCounts, onFull: () => void) {
    this.#file = file
    this.#counts = counts
    this.#onFull = onFull
    this.#copies = [
      this.#copyRequests(),
      this.#copyHistogram('requestDuration', counts.duration),
      this.#copyHistogram('requestSize', counts.requestSize),
      this.#copyHistogram('responseSize', counts.responseSize),
      this.#copyStatuses(),
      this.#copyLabels('failedRequests', counts.failed),
      this.#copyLabels('errorHandling', counts.handled),
      ...(counts.routes ? [this.#copyRoutes(counts.routes)] : []),
    ]
  }

  /**
   * Writes the counts that changed since the last call.
   * @throws if the file cannot be written.
   */
  write(): void {
    for (const copy of this.#copies) copy()
    this.#file.flush()
  }

  /** Whether the file passes a check. */
  isIn(holds: (file: CrashFile) => boolean): boolean {
    return holds(this.#file)
  }

  close(): void {
    this.#file.close()
  }

  #copyRequests(): Copy {
    const slot = this.#place({ key: 'requests', attributes: {} })
    return () => this.#file.store(slot, this.#counts.ended)
  }

  #copyHistogram(key: CrashKey, cell: HistogramCell): Copy {
    const slot = this.#place({ key, attributes: {}, bounds: cell.bounds })
    return () => this.#storeHistogram(slot, cell)
  }

  #copyStatuses(): Copy {
    const slots: number[] = []
    return () => {
      for (const status of this.#counts.usedStatuses) {
        slots[status] ??= this.#place({
          key: 'responses',
          attributes: { status_code: statusText(status) },
        })
        this.#file.store(slots[status] as number, this.#counts.countOf(status))
      }
    }
  }

  #copyLabels(key: CrashKey, counts: LabelCounts): Copy {
    const slots: number[] = []
    let total = 0
    return () => {
      // Errors are rare, but they can have many label sets.
      if (counts.total === total) return
      total = counts.total
      let index = 0
      for (const { attributes, value } of counts.entries()) {
        slots[index] ??= this.#place({ key, attributes })
        this.#file.store(slots[index] as number, value)
        index += 1
      }
    }
  }

  /** Copies all series at first, then the series of each turn: an application can have hundreds. */
  #copyRoutes(routes: RouteCounts): Copy {
    const slots = new Map<HistogramCell, number>()
    const copy = (name: Omit<CrashName, 'bounds'>, cell?: HistogramCell): void => {
      if (cell === undefined) return
      const slot = slots.get(cell) ?? this.#place({ ...name, bounds: cell.bounds })
      slots.set(cell, slot)
      this.#storeHistogram(slot, cell)
    }
    let isFirst = true
    return () => {
      const touched = routes.takeTouched()
      const cells = isFirst ? routes.cells : touched
      isFirst = false
      for (const { attributes, duration, requestSize, responseSize } of cells) {
        copy({ key: 'httpRequestDuration', attributes }, duration)
        copy({ key: 'httpRequestBodySize', attributes }, requestSize)
        copy({ key: 'httpResponseBodySize', attributes }, responseSize)
      }
    }
  }

  #storeHistogram(slot: number, cell: HistogramCell): void {
    this.#file.storeAll(slot, cell.totals)
  }

  #place(name: CrashName): number {
    const slot = this.#file.place(name)
    if (slot === undefined) this.#onFull()
    return slot ?? nowhere
  }
}
