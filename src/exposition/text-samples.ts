import { expositionLimits } from '../limits/exposition.ts'
import type { ExponentialValue, HistogramValue, Metric, Point, Value } from '../model/metric.ts'
import { classicHistogram } from './classic-histogram.ts'
import type { TextFormat } from './text-format.ts'
import type { Labels, LabelTexts } from './text-labels.ts'

export interface SamplesContext {
  readonly format: TextFormat
  readonly labels: LabelTexts
  readonly ends: BucketEnds
}

export interface SampledFamily {
  /** Name of plain samples. */
  readonly sample: string
  /** Labels of the samples so far. A second sample with the same labels would fail the scrape. */
  readonly shown: Set<string>
  twins: number
}

/** The lines of a metric's samples. Series with the labels of an earlier one are left out. */
export function samplesText(
  { descriptor, points }: Metric,
  family: SampledFamily,
  context: SamplesContext,
): string {
  const { sample } = family
  const { kind, bounds } = descriptor
  const labels = context.labels.in(descriptor)
  const buckets = bounds && bucketTexts(bounds, context)
  const isExponential = kind === 'exponentialHistogram'
  let text = ''
  for (const point of points) {
    const label = labels.of(point.attributes)
    if (isTwin(label, family)) continue
    if (buckets) text += histogram(sample, label.text, { value: point.value, buckets })
    else if (isExponential) text += exponential(sample, label.text, { value: point.value, context })
    else text += plain(sample, label.text, point)
  }
  return text
}

function isTwin({ key }: Labels, family: SampledFamily): boolean {
  const isKnown = family.shown.has(key)
  if (isKnown) family.twins += 1
  else family.shown.add(key)
  return isKnown
}

function plain(name: string, label: string, { value }: Point): string {
  const number = numberText(value as number)
  return label === '' ? `${name} ${number}\n` : `${name}{${label}} ${number}\n`
}

interface BucketTexts {
  /** The part of each bucket line between the labels and the value. */
  readonly ends: readonly string[]
  readonly hasSum: boolean
}

function histogram(
  name: string,
  label: string,
  { value, buckets }: { value: Value; buckets: BucketTexts },
): string {
  const { count, sum, counts } = value as HistogramValue
  const { ends, hasSum } = buckets
  const bucket = label === '' ? `${name}_bucket{` : `${name}_bucket{${label},`
  const braces = label === '' ? '' : `{${label}}`
  let text = ''
  let below = 0
  for (let index = 0; index < ends.length; index += 1) {
    below += counts[index] as number
    text += `${bucket}${ends[index]}${below}\n`
  }
  if (!hasSum) return text
  return `${text}${name}_sum${braces} ${numberText(sum)}\n${name}_count${braces} ${count}\n`
}

function exponential(
  name: string,
  label: string,
  { value, context }: { value: Value; context: SamplesContext },
): string {
  const classic = classicHistogram(value as ExponentialValue)
  const buckets = bucketTexts(classic.bounds, context)
  return histogram(name, label, { value: classic.value, buckets })
}

function bucketTexts(bounds: readonly number[], { format, ends }: SamplesContext): BucketTexts {
  const texts = bounds.map((bound) => ends.of(bound))
  // In OpenMetrics, a sum must not decrease, and a count requires a sum.
  const hasSum = format === 'prometheus' || !((bounds[0] ?? 0) < 0)
  return { ends: [...texts, infiniteEnd], hasSum }
}

const infiniteEnd = 'le="+Inf"} '

/** Bucket bounds as text, each written once per page: most histograms have the same bounds. */
export class BucketEnds {
  readonly #texts = new Map<number, string>()
  readonly #limit: number

  /** @param limit of the cached texts. */
  constructor(limit: number = expositionLimits.bucketBounds) {
    this.#limit = limit
  }

  /** Number of cached texts. */
  get size(): number {
    return this.#texts.size
  }

  of(bound: number): string {
    const known = this.#texts.get(bound)
    if (known !== undefined) return known
    const text = `le="${boundText(bound)}"} `
    if (this.#texts.size < this.#limit) this.#texts.set(bound, text)
    return text
  }
}

/** The form of Go, of the Python client and of Prometheus 3: `1.0`, `0.005`, `1.5e+06`. */
function boundText(bound: number): string {
  const [digits = '', exponent = ''] = bound.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return Number.isInteger(bound) ? `${bound}.0` : String(bound)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}
