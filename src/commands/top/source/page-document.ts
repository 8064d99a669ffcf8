import { liveReadLimits } from '../../../limits/tools/live.ts'
import {
  type LiveHeadline,
  type LiveHistory,
  type LiveWorker,
  liveVersion,
} from '../../../model/live/live-document.ts'
import { workerCounts } from '../../../model/live/stale-worker.ts'
import { Increases, sumOf } from './increases.ts'
import { addBucket, isServerError, routesOf, seriesKey } from './page-routes.ts'
import type { PageSample } from './page-text.ts'
import { workersOf } from './page-workers.ts'
import { quantile } from './quantile.ts'
import type { TopDocument } from './reading.ts'
import { SampleIndex } from './sample-index.ts'

/** Makes documents of the pages of one exporter. Rates need two pages. */
export class PageDocuments {
  readonly #increases = new Increases()
  #readings = 0

  /** @param now milliseconds of the monotonic clock. */
  document(samples: readonly PageSample[], now: number): TopDocument {
    const index = new SampleIndex(samples)
    this.#increases.begin(now)
    this.#readings += 1
    const workers = workersOf(index, this.#increases)
    const headline = headlineOf(index, workers, this.#increases)
    return {
      version: liveVersion,
      exporterVersion: '',
      kind: kindOf(index, workers),
      title: titleOf(index),
      now: Date.now(),
      uptimeSeconds: Math.max(0, ...workers.map(({ ageSeconds }) => ageSeconds ?? 0)),
      pollSeconds: 0,
      headline,
      history: historyOf(headline, workers, this.#readings),
      primary: null,
      workers,
      routes: routesOf(index, this.#increases),
      deaths: [],
      instances: [],
      unread: [],
      awaited: [],
      instance: null,
      exporter: {
        ...{ series: samples.length, droppedSeries: {}, faults: {}, scrapes: {} },
        ...{ connections: 0, push: null, redis: null, names: [] },
      },
      hidden: null,
    }
  }
}

/** The SDK names a service without a name `unknown_service:node`. */
function titleOf(index: SampleIndex): string {
  const name = index.of('target_info')[0]?.labels.get('service_name') ?? ''
  return name.startsWith('unknown_service') ? '' : name
}

/** A Python page has no metric of the master until the master gets a signal. */
function kindOf(index: SampleIndex, workers: readonly LiveWorker[]): TopDocument['kind'] {
  if (index.has('gunicorn_sidecar_instances')) return 'sidecar'
  const isForked = workers.some(({ workerId }) => !workerId.startsWith('worker_0_'))
  return index.has('gunicorn_master_workers') || isForked ? 'cluster' : 'process'
}

function headlineOf(
  index: SampleIndex,
  workers: readonly LiveWorker[],
  increases: Increases,
): LiveHeadline {
  const rate = (samples: readonly PageSample[]): number | null =>
    increases.rate(
      sumOf(samples.map((each) => increases.increase(`all ${seriesKey(each)}`, each.value))),
    )
  const failed = index.of('gunicorn_worker_failed_requests_total').filter(isServerError)
  const buckets = new Map<number, number>()
  for (const sample of index.of('gunicorn_worker_request_duration_seconds_bucket')) {
    addBucket(buckets, sample, increases)
  }
  const wanted = index
    .of('gunicorn_master_workers')
    .filter(({ labels }) => labels.get('state') === 'configured')
  const requestsPerSecond = rate(index.of('gunicorn_worker_requests_total'))
  const errorsPerSecond = rate(failed)
  return {
    requestsPerSecond,
    // Without a failed request, a page can have no series of failures.
    errorsPerSecond: errorsPerSecond ?? (requestsPerSecond === null ? null : 0),
    p50: quantile(buckets, 0.5),
    p95: quantile(buckets, 0.95),
    p99: quantile(buckets, 0.99),
    inFlight: sumOf(workers.map(({ inFlight }) => inFlight)),
    workers: { ...workerCounts(workers), wanted: sumOf(wanted.map(({ value }) => value)) },
  }
}

/** One sample: the view collects the samples of all readings. */
function historyOf(
  { requestsPerSecond, errorsPerSecond, p50, p95, p99 }: LiveHeadline,
  workers: readonly LiveWorker[],
  last: number,
): LiveHistory {
  const good =
    requestsPerSecond === null ? null : Math.max(0, requestsPerSecond - (errorsPerSecond ?? 0))
  return {
    stepSeconds: 0,
    capacity: liveReadLimits.samples,
    last,
    epoch: 'page',
    times: [Date.now()],
    rates: {
      ...{ '1xx': [null], '2xx': [good], '3xx': [null], '4xx': [null] },
      ...{ '5xx': [errorsPerSecond], none: [null] },
    },
    p50: [p50],
    p95: [p95],
    p99: [p99],
    workers: Object.fromEntries(
      workers.slice(0, liveReadLimits.historyWorkers).map((worker) => [
        worker.key,
        {
          requestsPerSecond: [worker.requestsPerSecond],
          loopDelay: [worker.loopDelaySeconds],
          cpuPercent: [worker.cpuPercent],
          memory: [worker.memoryBytes],
          heap: [worker.heapUsedBytes],
        },
      ]),
    ),
  }
}
