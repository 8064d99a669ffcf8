import type { MetricKey } from '../../model/catalog/catalog.ts'
import type { Attributes } from '../../model/metric.ts'

/** Metrics whose counts survive the death of a worker. */
export type CrashKey = Extract<
  MetricKey,
  | 'requests'
  | 'responses'
  | 'failedRequests'
  | 'errorHandling'
  | 'requestDuration'
  | 'requestSize'
  | 'responseSize'
  | 'httpRequestDuration'
  | 'httpRequestBodySize'
  | 'httpResponseBodySize'
>

export const crashKeys: readonly CrashKey[] = [
  'requests',
  'responses',
  'failedRequests',
  'errorHandling',
  'requestDuration',
  'requestSize',
  'responseSize',
  'httpRequestDuration',
  'httpRequestBodySize',
  'httpResponseBodySize',
]

/** A series of `crashKeys`. */
export interface CountedSeries {
  readonly key: CrashKey
  readonly attributes: Attributes
  /** Of a histogram. */
  readonly bounds?: readonly number[]
}

/** Where numbers live, so that the primary can read the numbers of a killed worker. */
export interface CountPlaces {
  /**
   * Takes the place of a new series: one number, or the sum of a histogram and its counts by
   * bucket. All are 0.
   * @returns undefined if the series has no room.
   */
  readonly take: (series: CountedSeries) => Float64Array | undefined
  /**
   * All places in one array, from the start of their buffer. A view of its own for each histogram
   * is two further lines of the processor's cache.
   */
  readonly all?: Float64Array
}

/** @param onFull called for each series without room. */
export function watched(places: CountPlaces, onFull: () => void): CountPlaces {
  return {
    take(series) {
      const place = places.take(series)
      if (!place) onFull()
      return place
    },
    ...(places.all && { all: places.all }),
  }
}

/** The number of numbers of a series. */
export function numbersOf({ bounds }: Pick<CountedSeries, 'bounds'>): number {
  return bounds ? bounds.length + 2 : 1
}

/** Moves numbers to a place of their series. Without a place, the numbers stay. */
export function moved(
  numbers: Float64Array,
  series: CountedSeries,
  places: CountPlaces | undefined,
): Float64Array {
  const place = places?.take(series)
  place?.set(numbers)
  return place ?? numbers
}
