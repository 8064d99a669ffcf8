import type { Descriptor, MetricKind } from '../metric.ts'
import { ownScope } from '../own-scope.ts'

/** A `gunicorn_*` metric as data. Instruments, HELP, TYPE and docs/metrics.md use it. */
export interface Declaration {
  readonly name: string
  readonly kind: MetricKind
  readonly unit: string
  readonly help: string
  readonly labels: readonly string[]
  readonly bounds?: readonly number[]
}

const descriptors = new WeakMap<Declaration, Descriptor>()

/** The same object for the same declaration: each report needs the descriptors of all metrics. */
export function descriptorOf(declaration: Declaration): Descriptor {
  const known = descriptors.get(declaration)
  if (known) return known
  const { name, kind, unit, help, bounds } = declaration
  const plain = { name, kind, unit, description: help, scope: ownScope }
  const descriptor = bounds ? { ...plain, bounds } : plain
  descriptors.set(declaration, descriptor)
  return descriptor
}
