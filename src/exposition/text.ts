import type { Descriptor, Metric } from '../model/metric.ts'
import { joinTwins } from './joined-twins.ts'
import { inPageOrder } from './page-order.ts'
import { isReserved } from './reserved-names.ts'
import type { TextFormat } from './text-format.ts'
import type { LabelTexts } from './text-labels.ts'
import {
  type ExposedName,
  exposedName,
  exposedUnit,
  type TypeName,
  typeName,
} from './text-names.ts'
import { BucketEnds, type SampledFamily, type SamplesContext, samplesText } from './text-samples.ts'

export interface Page {
  readonly text: string
  /** In the order of the text. The text after the last family ends the page. */
  readonly families: readonly PageFamily[]
  /** Names of metrics that the page leaves out, because another metric has the same name. */
  readonly clashes: readonly string[]
  /**
   * Number of series that the page leaves out: an earlier series has the same labels, and the
   * values cannot be added.
   */
  readonly twins: number
}

/** Position of a family in the text of its page. Offsets in characters. */
export interface PageFamily {
  readonly name: string
  /** Names of the family's samples. */
  readonly samples: readonly string[]
  readonly start: number
  /** After HELP, TYPE and UNIT. */
  readonly samplesStart: number
  readonly end: number
}

interface Family extends ExposedName, SampledFamily {
  readonly descriptor: Descriptor
  readonly metrics: Metric[]
}

/** Renders metrics as Prometheus text 0.0.4 or OpenMetrics 1.0, with each family in one block. */
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
  for (const family of inPageOrder(group(metrics, { format, clashes }))) {
    const start = text.length
    text += head(family, format)
    const samplesStart = text.length
    const samples = familyText(family, context)
    text += samples.text
    twins += samples.twins
    const names = sampleNames(family)
    families.push({ name: family.family, samples: names, start, samplesStart, end: text.length })
  }
  return { text: format === 'openmetrics' ? `${text}# EOF\n` : text, families, clashes, twins }
}

/** Only few families have twins, so the common way does not look ahead. */
function familyText(family: Family, context: SamplesContext): { text: string; twins: number } {
  const text = samplesOf(family.metrics, family, context)
  if (family.twins === 0) return { text, twins: 0 }
  const { metrics, leftOut } = joinTwins(family.metrics, context.labels)
  return { text: samplesOf(metrics, { ...family, shown: new Set() }, context), twins: leftOut }
}

function samplesOf(
  metrics: readonly Metric[],
  family: SampledFamily,
  context: SamplesContext,
): string {
  let text = ''
  for (const metric of metrics) text += samplesText(metric, family, context)
  return text
}

interface Grouping {
  readonly format: TextFormat
  readonly clashes: string[]
}

/** Groups metrics by exposed name. A second type of the same name would break the page. */
function group(metrics: readonly Metric[], { format, clashes }: Grouping): Iterable<Family> {
  const families = new Map<string, Family>()
  const names = new Set<string>()
  for (const metric of metrics.filter(({ points }) => points.length > 0)) {
    const { descriptor } = metric
    const name = exposedName(descriptor)
    const key = headName(name, format)
    const known = families.get(key)
    // Another cluster can have an earlier version of the package, which keeps reserved names.
    if (isReserved(descriptor)) clashes.push(descriptor.name)
    else if (known && isAlike(known.descriptor, descriptor)) known.metrics.push(metric)
    else if (known || !reserve({ ...name, descriptor }, format, names))
      clashes.push(descriptor.name)
    else {
      const shown = new Set<string>()
      families.set(key, { ...name, descriptor, metrics: [metric], shown, twins: 0 })
    }
  }
  return families.values()
}

function isAlike(known: Descriptor, other: Descriptor): boolean {
  return typeName(known) === typeName(other)
}

/** In text 0.0.4, a counter has the name of its samples alone, and nothing has `_created`. */
const suffixes: Record<TextFormat, Record<TypeName, readonly string[]>> = {
  prometheus: {
    counter: ['_total'],
    gauge: [''],
    histogram: ['', '_bucket', '_count', '_sum'],
  },
  openmetrics: {
    counter: ['', '_total', '_created'],
    gauge: [''],
    histogram: ['', '_bucket', '_count', '_sum', '_created'],
  },
}

/** Reserves the names of a family's samples. @returns false when another family has a name. */
function reserve(
  { family, descriptor }: Pick<Family, 'family' | 'descriptor'>,
  format: TextFormat,
  reserved: Set<string>,
): boolean {
  const names = suffixes[format][typeName(descriptor)].map((suffix) => family + suffix)
  if (names.some((name) => reserved.has(name))) return false
  for (const name of names) reserved.add(name)
  return true
}

function sampleNames({ family, sample, descriptor }: Family): string[] {
  if (typeName(descriptor) !== 'histogram') return [sample]
  return [`${family}_bucket`, `${family}_sum`, `${family}_count`]
}

/** The name of HELP and TYPE. */
function headName({ family, sample }: ExposedName, format: TextFormat): string {
  return format === 'openmetrics' ? family : sample
}

function head({ family, sample, descriptor }: Family, format: TextFormat): string {
  const name = headName({ family, sample }, format)
  const unit = format === 'openmetrics' ? exposedUnit(descriptor, family) : undefined
  const help = `# HELP ${name} ${escapeHelp(descriptor.description || 'No description.', format)}\n`
  const type = `# TYPE ${name} ${typeName(descriptor)}\n`
  return unit === undefined ? help + type : `${help}${type}# UNIT ${name} ${unit}\n`
}

function escapeHelp(help: string, format: TextFormat): string {
  const escaped = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
  return format === 'openmetrics' ? escaped.replace(/"/g, '\\"') : escaped
}
