import { expositionLimits } from '../../limits/exposition.ts'
import type { Attributes, Descriptor, Metric } from '../../model/metric.ts'

/** What a state takes on the page, with the retained series. */
export interface PeerSize {
  readonly series: number
  /** A histogram repeats its labels for each bucket, so that a small state can be a huge page. */
  readonly pageChars: number
}

interface Groups {
  readonly metrics: readonly Metric[]
  readonly retained: readonly { readonly metrics: readonly Metric[] }[]
}

export const noSize: PeerSize = { series: 0, pageChars: 0 }

export function sizeOf(state: Groups): PeerSize {
  let series = 0
  let pageChars = 0
  for (const { descriptor, points } of [state, ...state.retained].flatMap((each) => each.metrics)) {
    const lines = linesOf(descriptor)
    const { name, unit, description, scope } = descriptor
    const nameChars = name.length + unit.length + scope.length + lineChars
    series += points.length
    pageChars += nameChars + description.length
    for (const { attributes } of points) pageChars += lines * (nameChars + charsOf(attributes))
  }
  return { series, pageChars }
}

/** Characters that a state takes as JSON at least: its attributes, and two for each number. */
export function leastJsonChars(state: Groups): number {
  let chars = 0
  for (const { descriptor, points } of [state, ...state.retained].flatMap((each) => each.metrics)) {
    const numbers = 2 * (descriptor.bounds?.length ?? 0)
    for (const { attributes } of points) chars += charsOf(attributes) + numbers
  }
  return chars
}

export function withSize(one: PeerSize, other: PeerSize): PeerSize {
  return { series: one.series + other.series, pageChars: one.pageChars + other.pageChars }
}

export function withoutSize(one: PeerSize, other: PeerSize): PeerSize {
  return { series: one.series - other.series, pageChars: one.pageChars - other.pageChars }
}

/** A value, a bound, the name of the instance, quotes. */
const lineChars = 60

function linesOf({ kind, bounds = [] }: Descriptor): number {
  if (kind === 'exponentialHistogram') return expositionLimits.shownBuckets + 3
  return kind === 'histogram' ? bounds.length + 3 : 1
}

function charsOf(attributes: Attributes): number {
  let chars = 0
  for (const name in attributes) {
    const value = attributes[name]
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    chars += name.length + (text?.length ?? 0) + 4
  }
  return chars
}
