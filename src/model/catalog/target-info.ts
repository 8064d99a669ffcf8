import type { Attributes, Descriptor, Metric } from '../metric.ts'
import { ownScope } from '../own-scope.ts'

/** Whether the metric has the attributes of resources. */
export function isTargetInfo({
  descriptor: { name, scope },
}: {
  readonly descriptor: Pick<Descriptor, 'name' | 'scope'>
}): boolean {
  return name === 'target_info' && scope === ownScope
}

/** The metric by which OTel shows the attributes of a resource to Prometheus. */
export function targetInfo(resource: Attributes): Metric {
  return {
    descriptor: {
      name: 'target_info',
      kind: 'gauge',
      unit: '',
      description: 'Target metadata',
      scope: ownScope,
    },
    points: [{ attributes: resource, value: 1 }],
  }
}
