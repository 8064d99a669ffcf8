import type { Descriptor, MetricKind } from '../model/metric.ts'
import { isAscending, isRecord } from '../support/guards.ts'

const kinds = new Set<unknown>([
  'counter',
  'upDownCounter',
  'gauge',
  'histogram',
  'exponentialHistogram',
] satisfies MetricKind[])

/** Whether points can be decoded with this descriptor. */
export function isDescriptor(value: unknown): value is Descriptor {
  if (!isRecord(value) || !kinds.has(value['kind'])) return false
  const { bounds } = value
  const wellBounded = value['kind'] === 'histogram' ? isAscending(bounds) : bounds === undefined
  return wellBounded && ['name', 'unit', 'description', 'scope'].every((key) => isText(value[key]))
}

/**
 * The descriptor without further properties, which a foreign writer can have added. Earlier
 * versions write and read descriptors without `schemaUrl` and `valueType`.
 */
export function plainDescriptor(descriptor: Descriptor): Descriptor {
  const { name, kind, unit, description, scope, bounds } = descriptor
  const { schemaUrl, valueType }: { schemaUrl?: unknown; valueType?: unknown } = descriptor
  return {
    ...{ name, kind, unit, description, scope },
    ...(isText(schemaUrl) && schemaUrl !== '' && { schemaUrl }),
    ...(valueType === 'int' && { valueType }),
    ...(bounds && { bounds }),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
