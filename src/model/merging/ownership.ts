import type { Attributes, Descriptor } from '../metric.ts'
import { ownScope } from '../own-scope.ts'
import type { MergeRules } from './merge-rules.ts'

/**
 * Whether a series in a worker's report belongs to the worker alone, and needs the `worker_id`.
 */
export function isPerWorker(
  descriptor: Descriptor,
  attributes: Attributes,
  rules: MergeRules,
): boolean {
  if (rules.of(descriptor) === 'per_worker') return true
  const { scope, name } = descriptor
  // A View of the application can rename `gunicorn_*` metrics. The attribute stays.
  return scope === ownScope && (name.startsWith('gunicorn_worker_') || 'worker_id' in attributes)
}

/** Whether a series of the page counts for a single worker, from the worker's start. */
export function isWorkerTotal(
  descriptor: Descriptor,
  attributes: Attributes,
  rules: MergeRules,
): boolean {
  if (!('worker_id' in attributes)) return false
  return descriptor.scope === ownScope || rules.of(descriptor) === 'per_worker'
}
