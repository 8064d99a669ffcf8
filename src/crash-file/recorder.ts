import type { HistogramCell } from '../collect/counts/histogram-cell.ts'
import type { LabelCounts } from '../collect/counts/label-counts.ts'
import { type RequestCounts, statusText } from '../collect/counts/request-counts.ts'
import type { RouteCounts } from '../collect/counts/route-counts.ts'
import { crashFileLimits } from '../limits/crash-file.ts'
import { messageOf } from '../support/error-message.ts'
import { afterTurn, afterWhile } from './after-turn.ts'
import type { CrashKey } from './layout.ts'
import { type CrashFile, type CrashName, nowhere } from './writer.ts'

export interface CrashSafeCountsOptions {
  readonly requestCounts: RequestCounts
  /**
   * Returns undefined while no primary would read the file.
   * @throws if the file cannot be made.
   */
  readonly open: () => CrashFile | undefined
  readonly onFault: (part: string) => void
  readonly warn: (text: string) => void
  /**
   * How long to wait if `open` returns undefined, ms. Default: `crashFileLimits.crashFilePollMs`.
   */
  readonly pollMs?: number
}

type Copy = (file: CrashFile) => void

/**
 * Writes the counts of a worker to its crash file, once for each turn of the event loop with a new
 * count. The first error ends the writing, with one warning. `bench/README.md` has the cost.
 */
export class CrashSafeCounts {
  readonly #options: CrashSafeCountsOptions
  readonly #copies: readonly Copy[]
  #file: CrashFile | undefined

  constructor(options: CrashSafeCountsOptions) {
    this.#options = options
    const { requestCounts } = options
    this.#copies = [
      this.#copyRequests(),
      this.#copyHistogram('requestDuration', requestCounts.duration),
      this.#copyHistogram('requestSize', requestCounts.requestSize),
      this.#copyHistogram('responseSize', requestCounts.responseSize),
      this.#copyStatuses(),
      this.#copyLabels('failedRequests', requestCounts.failed),
      this.#copyLabels('errorHandling', requestCounts.handled),
      ...(requestCounts.routes ? [this.#copyRoutes(requestCounts.routes)] : []),
    ]
    this.#guard(() => {
      // At once: the process may drop its privileges later.
      this.#file = options.open()
      this.#await()
    })
  }

  // Made once, because these functions run in each turn with a count.
  readonly #atCount = (): void => afterTurn(this.#atEndOfTurn)
  readonly #atEndOfTurn = (): void => this.#guard(this.#write)
  readonly #write = (): void => {
    this.#file ??= this.#options.open()
    if (!this.#file) {
      afterWhile(() => this.#await(), this.#options.pollMs ?? crashFileLimits.crashFilePollMs)
      return
    }
    for (const copy of this.#copies) copy(this.#file)
    this.#file.flush()
    this.#await()
  }

  #await(): void {
    this.#options.requestCounts.onNext(this.#atCount)
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#file?.close()
      this.#file = undefined
      this.#options.onFault('crash_file')
      const reason = messageOf(error)
      this.#options.warn(`a killed worker loses its last second: ${reason}`)
    }
  }

  #copyRequests(): Copy {
    const { requestCounts } = this.#options
    let slot: number | undefined
    return (file) => {
      slot ??= this.#place(file, { key: 'requests', attributes: {} })
      file.store(slot, requestCounts.ended)
    }
  }

  #copyHistogram(key: CrashKey, cell: HistogramCell): Copy {
    let slot: number | undefined
    return (file) => {
      slot ??= this.#place(file, { key, attributes: {}, bounds: cell.bounds })
      // `nowhere + 1` is the first slot of another series.
      if (slot === nowhere) return
      file.store(slot, cell.sum)
      file.storeAll(slot + 1, cell.counts)
    }
  }

  #copyStatuses(): Copy {
    const { requestCounts } = this.#options
    const slots: number[] = []
    return (file) => {
      for (const status of requestCounts.usedStatuses) {
        slots[status] ??= this.#place(file, {
          key: 'responses',
          attributes: { status_code: statusText(status) },
        })
        file.store(slots[status] as number, requestCounts.countOf(status))
      }
    }
  }

  #copyLabels(key: CrashKey, counts: LabelCounts): Copy {
    const slots: number[] = []
    let total = 0
    return (file) => {
      // Errors are rare, but they can have many label sets.
      if (counts.total === total) return
      total = counts.total
      let index = 0
      for (const { attributes, value } of counts.entries()) {
        slots[index] ??= this.#place(file, { key, attributes })
        file.store(slots[index] as number, value)
        index += 1
      }
    }
  }

  /** Copies the series of this turn only: an application can have hundreds. */
  #copyRoutes(routes: RouteCounts): Copy {
    const slots = new Map<HistogramCell, number>()
    const copy = (file: CrashFile, name: Omit<CrashName, 'bounds'>, cell?: HistogramCell): void => {
      if (cell === undefined) return
      let slot = slots.get(cell)
      if (slot === undefined) {
        slot = this.#place(file, { ...name, bounds: cell.bounds })
        slots.set(cell, slot)
      }
      if (slot === nowhere) return
      file.store(slot, cell.sum)
      file.storeAll(slot + 1, cell.counts)
    }
    return (file) => {
      for (const { attributes, duration, requestSize, responseSize } of routes.takeTouched()) {
        copy(file, { key: 'httpRequestDuration', attributes }, duration)
        copy(file, { key: 'httpRequestBodySize', attributes }, requestSize)
        copy(file, { key: 'httpResponseBodySize', attributes }, responseSize)
      }
    }
  }

  #place(file: CrashFile, name: CrashName): number {
    const slot = file.place(name)
    if (slot === undefined) this.#options.onFault('crash_file_limit')
    return slot ?? nowhere
  }
}
