import type { Descriptor } from '../metric.ts'
import { ownScope } from '../own-scope.ts'

/**
 * Names a metric. With another unit, a metric of the application is another metric: seconds and
 * milliseconds cannot be added. A name of this package has a single meaning.
 */
export function metricKey({
  scope,
  name,
  unit,
}: Pick<Descriptor, 'scope' | 'name' | 'unit'>): string {
  return scope === ownScope ? `${scope} ${name}` : `${scope} ${name} ${unit}`
}
