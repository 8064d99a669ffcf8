import { liveReadLimits } from '../../../limits/tools/live.ts'
import type { LiveWorker } from '../../../model/live/live-document.ts'
import type { Increases } from './increases.ts'
import { type SampleIndex, workerKey } from './sample-index.ts'

/** States of workers that have ended. */
const ended: ReadonlySet<string> = new Set(['quit', 'abort', 'error'])

/** Gauges and counters of a worker, by the field of the document. */
const metrics = {
  ageSeconds: 'gunicorn_worker_uptime_seconds',
  reportAgeSeconds: 'gunicorn_worker_report_age_seconds',
  requests: 'gunicorn_worker_requests_total',
  inFlight: 'gunicorn_worker_requests_in_flight',
  cpuPercent: 'gunicorn_worker_cpu_percent',
  memoryBytes: 'gunicorn_worker_memory_bytes',
  heapUsedBytes: 'gunicorn_worker_heap_used_bytes',
  heapLimitBytes: 'gunicorn_worker_heap_limit_bytes',
  loopDelaySeconds: 'gunicorn_worker_event_loop_delay_max_seconds',
} as const

/** The live workers of a page. */
export function workersOf(index: SampleIndex, increases: Increases): LiveWorker[] {
  const states = statesOf(index)
  const pids = pidsOf(index)
  const listening = index.byWorker('gunicorn_worker_listening')
  const values = Object.entries(metrics).map(([field, name]) => ({
    field,
    byWorker: index.byWorker(name),
  }))
  const keys = [...states].filter(([, state]) => !ended.has(state)).slice(0, liveReadLimits.rows)
  return keys.map(([key, state]): LiveWorker => {
    const [instance = '', workerId = ''] = key.split('\0')
    const figures = Object.fromEntries(
      values.map(({ field, byWorker }) => [field, byWorker.get(key) ?? null]),
    ) as Record<keyof typeof metrics, number | null>
    const { requests, reportAgeSeconds } = figures
    const increase = increases.increase(`worker ${key}`, requests)
    const { ageSeconds } = figures
    const isSilent = state === 'hanging' || state === 'stopped'
    return {
      ...figures,
      // A Python worker tells its age with each request only.
      ageSeconds: reportAgeSeconds === null ? ageById(workerId, ageSeconds) : ageSeconds,
      key: instance === '' ? workerId : `${instance} ${workerId}`,
      workerId,
      instance: instance || null,
      pid: pids.get(key) ?? null,
      state,
      // A page without the metric does not tell whether a worker listens.
      listening: listening.get(key) !== 0,
      requestsPerSecond: increases.rate(increase),
      hang: isSilent ? { seconds: reportAgeSeconds ?? 0, heldBy: null, stack: null } : null,
    }
  })
}

/** The second of the start is in the id: `worker_1_1795944048`. */
function ageById(workerId: string, toldSeconds: number | null): number | null {
  const start = /^worker_\d+_(\d{9,11})$/.exec(workerId)?.[1]
  return start === undefined ? toldSeconds : Math.max(0, Date.now() / 1_000 - Number(start))
}

/** The state by worker. A worker with gauges and without a state runs. */
function statesOf(index: SampleIndex): Map<string, string> {
  const states = new Map<string, string>()
  for (const name of ['gunicorn_worker_uptime_seconds', 'gunicorn_worker_memory_bytes']) {
    for (const sample of index.of(name)) states.set(workerKey(sample), 'running')
  }
  for (const sample of index.of('gunicorn_worker_state')) {
    if (sample.value !== 1) continue
    const [key, state] = [workerKey(sample), sample.labels.get('state') ?? 'running']
    // Of several states with 1, as a Python page can have, the end counts.
    if (!ended.has(states.get(key) ?? '')) states.set(key, state)
  }
  return states
}

/** `gunicorn_worker_info` has the pid. On a Python page, gauges have the pid. */
function pidsOf(index: SampleIndex): Map<string, number> {
  const pids = new Map<string, number>()
  for (const name of ['gunicorn_worker_memory_bytes', 'gunicorn_worker_info']) {
    for (const sample of index.of(name)) {
      const pid = Number(sample.labels.get('pid') ?? Number.NaN)
      if (Number.isSafeInteger(pid)) pids.set(workerKey(sample), pid)
    }
  }
  return pids
}
