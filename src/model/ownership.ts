import type { Attributes, Descriptor } from './metric.ts'
import { ownScope } from './own-scope.ts'

/**
 * Whether a series in a worker's report belongs to the worker alone, and needs the `worker_id`.
 * @param keepsWorkerId application metrics are not merged across workers.
 */
export function isPerWorker(
  { kind, scope, name }: Descriptor,
  attributes: Attributes,
  keepsWorkerId: boolean,
): boolean {
  if (keepsWorkerId || kind === 'gauge') return true
  // A View of the application can rename `gunicorn_*` metrics. The attribute stays.
  return scope === ownScope && (name.startsWith('gunicorn_worker_') || 'worker_id' in attributes)
}

/**
 * Whether a series of the page counts for a single worker, from the worker's start. Gauges of the
 * application carry a `worker_id`, too, but count nothing.
 * @param keepsWorkerId application metrics are not merged across workers.
 */
export function isWorkerTotal(
  { scope }: Descriptor,
  attributes: Attributes,
  keepsWorkerId: boolean,
): boolean {
  return 'worker_id' in attributes && (keepsWorkerId || scope === ownScope)
}
