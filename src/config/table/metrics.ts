import { durationBounds } from '../../model/catalog/bounds.ts'
import { bounds, choice, flag, list } from './kind.ts'
import type { SettingTable } from './setting.ts'

const topic = { topic: 'What the metrics say' } as const

/** Settings of names and labels. */
export interface MetricsSettings {
  /** `age`: `worker_<age>_<start>`; `slot`: `worker_1` to `worker_n`, reused by replacements. */
  readonly workerId: 'age' | 'slot'
  /** Keeps `worker_id` on application metrics, instead of merging them across workers. */
  readonly keepWorkerId: boolean
  /** Seconds, ascending. */
  readonly durationBuckets: readonly number[]
  readonly instrumentations: readonly ('http' | 'runtime-node')[]
}

export const metricsTable: SettingTable<MetricsSettings> = {
  workerId: {
    ...topic,
    kind: choice('age', 'slot'),
    fallback: 'age',
    env: ['GUNICORN_WORKER_ID'],
    keys: ['worker_id'],
    help:
      'form of `worker_id`; `age`: `worker_<age>_<start>`; `slot`: `worker_1` to `worker_n`, ' +
      'where a replacement takes the name and its counters go on',
  },
  keepWorkerId: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['GUNICORN_KEEP_WORKER_ID'],
    keys: ['keep_worker_id'],
    help: 'keeps `worker_id` on application metrics too, instead of merging them across workers',
  },
  durationBuckets: {
    ...topic,
    kind: bounds,
    fallback: durationBounds,
    env: ['GUNICORN_DURATION_BUCKETS'],
    keys: ['duration_buckets'],
    help: 'upper bounds of `gunicorn_worker_request_duration_seconds`, ascending',
  },
  instrumentations: {
    ...topic,
    kind: list(choice('http', 'runtime-node'), 2),
    fallback: [],
    env: ['GUNICORN_INSTRUMENTATIONS'],
    keys: ['instrumentations'],
    help:
      "adds OpenTelemetry's own instrumentations: `http` (such as " +
      '`http.server.request.duration`) or `runtime-node` (event loop, garbage collection, ' +
      'heap)',
  },
}
