import type { Attributes, Descriptor } from './metric.ts'
import { ownScope } from './own-scope.ts'

/**
 * Whether a series that a worker reports belongs to this worker alone, and needs its `worker_id`.
 * @param keepsWorkerId application metrics are not merged across workers.
 */
export function isPerWorker(
  { kind, scope, name }: Descriptor,
  attributes: Attributes,
  keepsWorkerId: boolean,
): boolean {
  if (keepsWorkerId || kind === 'gauge') return true
  // A View in the SDK of the application can rename our metrics. The attribute stays.
  return scope === ownScope && (name.startsWith('gunicorn_worker_') || 'worker_id' in attributes)
}

/**
 * Whether a series of the page counts for one worker alone, from the start of this worker.
 * Gauges of the application carry a `worker_id` as well, but count nothing.
 * @param keepsWorkerId application metrics are not merged across workers.
 */
export function isWorkerTotal(
  { scope }: Descriptor,
  attributes: Attributes,
  keepsWorkerId: boolean,
): boolean {
  return 'worker_id' in attributes && (keepsWorkerId || scope === ownScope)
}
