import type { PanelSpec } from '../../panel.ts'
import { rate, series } from '../../promql.ts'

export const requests: string = rate('gunicorn_worker_requests_total')

export const failures = 'gunicorn_worker_failed_requests_total'

export const durations = 'gunicorn_worker_request_duration_seconds'

/** Live workers. The Python package has no count of its own, so its workers with an age count. */
export const live: string =
  `${series('gunicorn_master_workers', 'state="live"')} or on (job, instance) ` +
  `count by (job, instance) (${series('gunicorn_worker_uptime_seconds')})`

export const third: Pick<PanelSpec, 'width' | 'height'> = { width: 8, height: 8 }
