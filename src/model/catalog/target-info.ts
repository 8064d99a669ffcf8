import type { Attributes, Metric } from '../metric.ts'
import { ownScope } from '../own-scope.ts'

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
