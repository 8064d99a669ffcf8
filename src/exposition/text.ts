import { expositionLimits } from '../limits/exposition.ts'
import type {
  Descriptor,
  ExponentialValue,
  HistogramValue,
  Metric,
  Point,
  Value,
} from '../model/metric.ts'
import { classicHistogram } from './classic-histogram.ts'
import type { Labels, LabelTexts } from './text-labels.ts'
import { type ExposedName, exposedName, exposedUnit } from './text-names.ts'

export type TextFormat = 'prometheus' | 'openmetrics'

export interface Page {
  readonly text: string
  /** In the order of the text; what stands behind the last one ends the page. */
  readonly families: readonly PageFamily[]
  /** Metrics left out because their names clash with those of others. */
  readonly clashes: readonly string[]
  /** Series left out because an earlier one has the same name and labels once they are cleaned. */
  readonly twins: number
}

/** Where a family is in the text of its page. Offsets in characters. */
export interface PageFamily {
  readonly name: string
  /** The names of its samples. */
  readonly samples: readonly string[]
  readonly start: number
  /** Behind its HELP, TYPE and UNIT. */
  readonly samplesStart: number
  readonly end: number
}

interface FamilyText extends ExposedName {
  readonly descriptor: Descriptor
  readonly metrics: Metric[]
  /** Labels of the samples so far: the same ones again would cost the whole scrape. */
  readonly shown: Set<string>
  twins: number
}

/** Renders metrics as Prometheus text 0.0.4 or OpenMetrics 1.0: each family once, in one place. */
export function renderText(
  metrics: readonly Metric[],
  format: TextFormat,
  labels: LabelTexts,
): Page {
  const clashes: string[] = []
  const families: PageFamily[] = []
  const context = { format, labels, ends: new BucketEnds() }
  let text = ''
  let twins = 0
  for (const family of group(metrics, clashes)) {
    const start = text.length
    text += head(family, format)
    const samplesStart = text.length
    for (const metric of family.metrics) text += samples(metric, family, context)
    twins += family.twins
    const names = sampleNames(family)
    families.push({ name: family.family, samples: names, start, samplesStart, end: text.length })
  }
  return { text: format === 'openmetrics' ? `${text}# EOF\n` : text, families, clashes, twins }
}

/** Brings metrics of the same exposed name together; one of another type would break the page. */
function group(metrics: readonly Metric[], clashes: string[]): Iterable<FamilyText> {
  const families = new Map<string, FamilyText>()
  const claimed = new Map<string, string>()
  for (const metric of metrics) {
    if (metric.points.length === 0) continue
    const { descriptor } = metric
    const name = exposedName(descriptor)
    const known = families.get(name.family)
    if (known && isAlike(known.descriptor, descriptor)) known.metrics.push(metric)
    else if (known || !claim(name, descriptor, claimed)) clashes.push(descriptor.name)
    else {
      const shown = new Set<string>()
      families.set(name.family, { ...name, descriptor, metrics: [metric], shown, twins: 0 })
    }
  }
  return families.values()
}

function isAlike(known: Descriptor, other: Descriptor): boolean {
  return typeName(known) === typeName(other)
}

const suffixes: Record<string, readonly string[]> = {
  counter: ['', '_total', '_created'],
  gauge: [''],
  histogram: ['', '_bucket', '_count', '_sum', '_created'],
}

function claim(
  { family }: ExposedName,
  descriptor: Descriptor,
  claimed: Map<string, string>,
): boolean {
  const names = (suffixes[typeName(descriptor)] ?? []).map((suffix) => family + suffix)
  if (names.some((name) => claimed.has(name))) return false
  for (const name of names) claimed.set(name, family)
  return true
}

function sampleNames({ family, sample, descriptor }: FamilyText): string[] {
  if (typeName(descriptor) !== 'histogram') return [sample]
  return [`${family}_bucket`, `${family}_sum`, `${family}_count`]
}

function head({ family, sample, descriptor }: FamilyText, format: TextFormat): string {
  const name = format === 'openmetrics' ? family : sample
  const unit = format === 'openmetrics' ? exposedUnit(descriptor, family) : undefined
  const help = `# HELP ${name} ${escapeHelp(descriptor.description || 'No description.', format)}\n`
  const type = `# TYPE ${name} ${typeName(descriptor)}\n`
  return unit === undefined ? help + type : `${help}${type}# UNIT ${name} ${unit}\n`
}

function typeName({ kind }: Descriptor): 'counter' | 'gauge' | 'histogram' {
  if (kind === 'exponentialHistogram') return 'histogram'
  return kind === 'upDownCounter' ? 'gauge' : kind
}

interface Context {
  readonly format: TextFormat
  readonly labels: LabelTexts
  readonly ends: BucketEnds
}

function samples({ descriptor, points }: Metric, family: FamilyText, context: Context): string {
  const { sample } = family
  const { kind, bounds, scope } = descriptor
  const buckets = bounds && bucketTexts(bounds, context)
  const isExponential = kind === 'exponentialHistogram'
  let text = ''
  for (const point of points) {
    const label = context.labels.of(point.attributes, scope)
    if (isTwin(label, family)) continue
    if (buckets) text += histogram(sample, label.text, { value: point.value, buckets })
    else if (isExponential) text += exponential(sample, label.text, { value: point.value, context })
    else text += plain(sample, label.text, point)
  }
  return text
}

function isTwin({ key }: Labels, family: FamilyText): boolean {
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
  /** The part of each bucket line behind its labels, with the value's place at the end. */
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
  { value, context }: { value: Value; context: Context },
): string {
  const classic = classicHistogram(value as ExponentialValue)
  const buckets = bucketTexts(classic.bounds, context)
  return histogram(name, label, { value: classic.value, buckets })
}

function bucketTexts(bounds: readonly number[], { format, ends }: Context): BucketTexts {
  const texts = bounds.map((bound) => ends.of(bound))
  // OpenMetrics wants a sum to be a counter, and knows no count without it.
  const hasSum = format === 'prometheus' || !((bounds[0] ?? 0) < 0)
  return { ends: [...texts, infiniteEnd], hasSum }
}

const infiniteEnd = 'le="+Inf"} '

/** Written once per page: a thousand exponential histograms have mostly the same bounds. */
class BucketEnds {
  readonly #texts = new Map<number, string>()

  of(bound: number): string {
    const known = this.#texts.get(bound)
    if (known !== undefined) return known
    const text = `le="${boundText(bound)}"} `
    if (this.#texts.size < expositionLimits.bucketBounds) this.#texts.set(bound, text)
    return text
  }
}

/** As Go and the Python client write it, and Prometheus 3 normalises it: `1.0`, `0.005`, `1.5e+06`. */
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

function escapeHelp(help: string, format: TextFormat): string {
  const escaped = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
  return format === 'openmetrics' ? escaped.replace(/"/g, '\\"') : escaped
}
