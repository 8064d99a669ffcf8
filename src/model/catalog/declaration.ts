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

export function descriptorOf(declaration: Declaration): Descriptor {
  const { name, kind, unit, help, bounds } = declaration
  const descriptor = { name, kind, unit, description: help, scope: ownScope }
  return bounds ? { ...descriptor, bounds } : descriptor
}
