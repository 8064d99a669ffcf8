import type { Descriptor } from '../model/metric.ts'
import { type UnitWords, unitWords } from './unit-words.ts'

/** The exposed family of a metric. `sample` is the name of plain samples. */
export interface ExposedName {
  readonly family: string
  readonly sample: string
}

/** The part of a descriptor that names the metric. */
type NamedDescriptor = Pick<Descriptor, 'name' | 'unit' | 'kind'>

/**
 * Prometheus name of an OTel metric, by OTel's Prometheus compatibility specification: the name,
 * its unit and, for a counter, `_total`. A word that the name already has is not added again.
 */
export function exposedName(descriptor: NamedDescriptor): ExposedName {
  const clean = cleanName(descriptor.name)
  const started = /^(?:\d|$)/.test(clean) ? `_${clean}` : clean
  const isCounter = descriptor.kind === 'counter'
  // A name that is only the suffix keeps the suffix.
  const base = isCounter ? started.replace(/(?<=.)_total$/, '') : started
  const family = withUnit(base, descriptor)
  return { family, sample: isCounter ? `${family}_total` : family }
}

/** The type of a metric on the page. */
export type TypeName = 'counter' | 'gauge' | 'histogram'

export function typeName({ kind }: Pick<Descriptor, 'kind'>): TypeName {
  if (kind === 'exponentialHistogram') return 'histogram'
  return kind === 'upDownCounter' ? 'gauge' : kind
}

export function cleanName(name: string): string {
  return name.replace(/[^a-z0-9_]/gi, '_').replace(/_{2,}/g, '_')
}

/** OpenMetrics requires that a unit is the suffix of the family. Other units are left out. */
export function exposedUnit({ unit, kind }: NamedDescriptor, family: string): string | undefined {
  const word = suffixOf(unitWords(unit)) || ratioOf({ unit, kind })
  return word !== '' && family.endsWith(`_${word}`) ? word : undefined
}

function withUnit(base: string, { unit, kind }: NamedDescriptor): string {
  const words = unitWords(unit)
  const ratio = ratioOf({ unit, kind })
  const has = new Set(base.split('_'))
  const added = [
    ...(words.main !== '' && !has.has(words.main) ? [words.main] : []),
    ...(words.per !== '' && !has.has(words.per) ? ['per', words.per] : []),
    ...(ratio !== '' && !has.has(ratio) ? [ratio] : []),
  ]
  return added.length === 0 ? base : cleanName([base, ...added].join('_'))
}

function suffixOf({ main, per }: UnitWords): string {
  return [main, ...(per === '' ? [] : ['per', per])].filter((word) => word !== '').join('_')
}

/** Only gauges: many counters and histograms of things have the unit 1. */
function ratioOf({ unit, kind }: Pick<Descriptor, 'unit' | 'kind'>): string {
  return unit.trim() === '1' && kind === 'gauge' ? 'ratio' : ''
}
