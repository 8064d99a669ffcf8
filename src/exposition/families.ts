import type { Descriptor, Metric } from '../model/metric.ts'
import { isBlockMetric } from '../model/series-block.ts'
import { isReserved } from './reserved-names.ts'
import type { TextFormat } from './text-format.ts'
import {
  type ExposedName,
  exposedName,
  exposedUnit,
  type TypeName,
  typeName,
} from './text-names.ts'

/** Metrics with one name on the page. */
export interface Family extends ExposedName {
  /** Of the first metric. */
  readonly descriptor: Descriptor
  readonly metrics: NamedMetric[]
}

/** A metric with the descriptor for its page. */
export interface NamedMetric {
  readonly descriptor: Descriptor
  readonly metric: Metric
}

export interface Grouping {
  readonly format: TextFormat
  /** Gets the names of metrics that are left out. */
  readonly clashes: string[]
}

/** Groups metrics by exposed name. A second type of the same name would break the page. */
export function familiesOf(
  metrics: readonly NamedMetric[],
  { format, clashes }: Grouping,
): Iterable<Family> {
  const families = new Map<string, Family>()
  const names = new Set<string>()
  for (const named of metrics.filter(({ metric }) => hasSeries(metric))) {
    const { descriptor } = named
    const name = exposedName(descriptor)
    const key = headName(name, format)
    const known = families.get(key)
    // Another cluster can have an earlier version of the package, which keeps reserved names.
    if (isReserved(descriptor)) clashes.push(descriptor.name)
    else if (known && isAlike(known.descriptor, descriptor)) known.metrics.push(named)
    else if (known || !reserve({ ...name, descriptor }, format, names))
      clashes.push(descriptor.name)
    else families.set(key, { ...name, descriptor, metrics: [named] })
  }
  return families.values()
}

/** Names of the samples of a family. */
export function sampleNames({ family, sample, descriptor }: Family): string[] {
  if (typeName(descriptor) !== 'histogram') return [sample]
  return [`${family}_bucket`, `${family}_sum`, `${family}_count`]
}

/** HELP, TYPE and UNIT. */
export function headOf({ family, sample, descriptor }: Family, format: TextFormat): Buffer {
  const name = headName({ family, sample }, format)
  const unit = format === 'openmetrics' ? exposedUnit(descriptor, family) : undefined
  const help = `# HELP ${name} ${escapeHelp(descriptor.description || 'No description.', format)}\n`
  const type = `# TYPE ${name} ${typeName(descriptor)}\n`
  return Buffer.from(unit === undefined ? help + type : `${help}${type}# UNIT ${name} ${unit}\n`)
}

/** `points` of a metric with blocks makes objects. */
function hasSeries(metric: Metric): boolean {
  if (!isBlockMetric(metric)) return metric.points.length > 0
  return metric.blocks.some(({ rows }) => rows.length > 0)
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

/** The name of HELP and TYPE. */
function headName({ family, sample }: ExposedName, format: TextFormat): string {
  return format === 'openmetrics' ? family : sample
}

function escapeHelp(help: string, format: TextFormat): string {
  const escaped = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
  return format === 'openmetrics' ? escaped.replace(/"/g, '\\"') : escaped
}
