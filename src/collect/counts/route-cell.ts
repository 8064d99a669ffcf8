import { httpDurationBounds, sizeBounds } from '../../model/catalog/bounds.ts'
import type { Attributes, Point } from '../../model/metric.ts'
import type { CountPlaces } from './count-places.ts'
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

  /** Moves the numbers to places that the primary can read. */
  moveTo(places: CountPlaces | undefined): void {
    const { attributes } = this
    this.duration.moveTo(places, { key: 'httpRequestDuration', attributes })
    this.requestSize?.moveTo(places, { key: 'httpRequestBodySize', attributes })
    this.responseSize?.moveTo(places, { key: 'httpResponseBodySize', attributes })
  }

  tellNumbers(tell: (numbers: Float64Array) => void): void {
    tell(this.duration.totals)
    if (this.requestSize) tell(this.requestSize.totals)
    if (this.responseSize) tell(this.responseSize.totals)
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
