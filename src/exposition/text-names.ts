import type { Descriptor } from '../model/metric.ts'

/** The exposed family of a metric. `sample` is the name of plain samples. */
export interface ExposedName {
  readonly family: string
  readonly sample: string
}

/** Prometheus name of an OTel metric, by OTel's Prometheus compatibility specification. */
export function exposedName({ name, kind }: Descriptor): ExposedName {
  const clean = cleanName(name)
  const started = /^(?:\d|$)/.test(clean) ? `_${clean}` : clean
  if (kind !== 'counter') return { family: started, sample: started }
  // A name that is only the suffix keeps the suffix.
  const family = started.replace(/(?<=.)_total$/, '')
  return { family, sample: `${family}_total` }
}

export function cleanName(name: string): string {
  return name.replace(/[^a-z0-9_]/gi, '_').replace(/_{2,}/g, '_')
}

const units: Record<string, string> = { s: 'seconds', By: 'bytes', '1': 'ratio' }

/** OpenMetrics requires that a unit is the suffix of the family. Other units are left out. */
export function exposedUnit({ unit }: Descriptor, family: string): string | undefined {
  const word = units[unit]
  return word !== undefined && family.endsWith(`_${word}`) ? word : undefined
}
