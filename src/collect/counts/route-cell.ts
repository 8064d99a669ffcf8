import { httpDurationBounds, sizeBounds } from '../../model/catalog/bounds.ts'
import type { Attributes, Point } from '../../model/metric.ts'
import { HistogramCell } from './histogram-cell.ts'

/** One series of the metrics by route. */
export class RouteCell {
  readonly attributes: Attributes
  readonly duration: HistogramCell = new HistogramCell(httpDurationBounds)
  readonly requestSize: HistogramCell | undefined
  readonly responseSize: HistogramCell | undefined
  /** Whether the cell waits for the crash file. */
  isTouched = false
  #point: Point | undefined
  #read = 0

  constructor(attributes: Attributes, hasSizes: boolean) {
    this.attributes = attributes
    if (!hasSizes) return
    this.requestSize = new HistogramCell(sizeBounds)
    this.responseSize = new HistogramCell(sizeBounds)
  }

  /** The same object while nothing was recorded: an idle series costs a report nothing. */
  point(): Point {
    const { duration } = this
    if (this.#point !== undefined && this.#read === duration.count) return this.#point
    this.#read = duration.count
    this.#point = { attributes: this.attributes, value: duration.read() }
    return this.#point
  }
}
