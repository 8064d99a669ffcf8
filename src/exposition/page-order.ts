import { catalog, type MetricKey } from '../model/catalog/catalog.ts'
import type { Descriptor } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'

/*
 * The order of a page for people: requests, failures and durations; our other metrics; metrics of
 * the application; the many series of restarts.
 */

const first: readonly MetricKey[] = [
  'requests',
  'failedRequests',
  'errorHandling',
  'requestDuration',
  'responses',
  'requestSize',
  'responseSize',
]

const last: readonly MetricKey[] = [
  'exitMemory',
  'masterWorkerRestarts',
  'masterWorkerRestart',
  'masterWorkerRestartCount',
  'workerRestart',
  'workerRestartCount',
]

const places: ReadonlyMap<string, number> = new Map([
  ...first.map((key, index) => [catalog[key].name, index - first.length] as const),
  ...last.map((key, index) => [catalog[key].name, index + 2] as const),
])

/** Sorts families of a page. */
export function inPageOrder<T extends { readonly descriptor: Descriptor }>(
  families: Iterable<T>,
): T[] {
  return [...families].sort((one, other) => placeOf(one.descriptor) - placeOf(other.descriptor))
}

function placeOf({ name, scope }: Descriptor): number {
  if (scope !== ownScope) return 1
  return places.get(name) ?? 0
}
