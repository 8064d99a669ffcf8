import { topLimits } from '../../../limits/tools/top.ts'
import type {
  LiveDocument,
  LiveHang,
  LiveHeadline,
  LiveHistory,
  LiveInstance,
  LivePrimary,
  LiveWorker,
  LiveWorkerColumns,
  LiveWorkerCounts,
} from '../../../model/live/live-document.ts'
import { liveVersion } from '../../../model/live/live-document.ts'
import { Fields } from './fields.ts'
import type { TopDeath, TopDocument, TopRoute } from './reading.ts'

/** The version of a document that looks like `/live`; undefined for other values. */
export function versionOf(value: unknown): number | undefined {
  const fields = new Fields(value)
  return fields.has('headline') && fields.has('workers') ? fields.number('version') : undefined
}

/**
 * The document of `/live`. The exporter can be newer than this program, or can be another program:
 * a missing or wrong value is null or empty, and every list and text has a limit.
 * @returns undefined for another version, and for another document.
 */
export function parseLive(value: unknown): TopDocument | undefined {
  if (versionOf(value) !== liveVersion) return undefined
  const fields = new Fields(value)
  const kind = fields.text('kind')
  return {
    version: liveVersion,
    exporterVersion: fields.text('exporterVersion'),
    kind: kind === 'sidecar' || kind === 'process' ? kind : 'cluster',
    title: fields.text('title'),
    now: fields.number('now') ?? Date.now(),
    uptimeSeconds: fields.number('uptimeSeconds') ?? 0,
    pollSeconds: fields.number('pollSeconds') ?? 0,
    headline: headlineOf(fields.record('headline')),
    history: historyOf(fields.record('history')),
    primary: primaryOf(fields.recordOrNull('primary')),
    workers: fields.list('workers', topLimits.rows).map(workerOf),
    routes: fields.list('routes', topLimits.rows).map(routeOf),
    deaths: fields.list('deaths', topLimits.rows).map(deathOf),
    instances: fields.list('instances', topLimits.rows).map(instanceOf),
    instance: fields.textOrNull('instance'),
    exporter: exporterOf(fields.record('exporter')),
    hidden: fields.textOrNull('hidden'),
  }
}

function primaryOf(fields: Fields | null): LivePrimary | null {
  if (fields === null) return null
  const state = fields.text('state') === 'hanging' ? 'hanging' : 'running'
  return { pid: fields.number('pid') ?? 0, state, hang: hangOf(fields.recordOrNull('hang')) }
}

function headlineOf(fields: Fields): LiveHeadline {
  return {
    requestsPerSecond: fields.figure('requestsPerSecond'),
    errorsPerSecond: fields.figure('errorsPerSecond'),
    p50: fields.figure('p50'),
    p95: fields.figure('p95'),
    p99: fields.figure('p99'),
    inFlight: fields.figure('inFlight'),
    workers: countsOf(fields.record('workers')),
  }
}

function countsOf(fields: Fields): LiveWorkerCounts {
  return {
    live: fields.number('live') ?? 0,
    listening: fields.number('listening') ?? 0,
    hanging: fields.number('hanging') ?? 0,
    stopped: fields.number('stopped') ?? 0,
    wanted: fields.figure('wanted'),
  }
}

function historyOf(fields: Fields): LiveHistory {
  const rates = fields.record('rates')
  const most = topLimits.samples
  const workers = fields.record('workers').entries(topLimits.historyWorkers)
  return {
    stepSeconds: fields.number('stepSeconds') ?? 0,
    capacity: fields.number('capacity') ?? 0,
    last: fields.number('last') ?? 0,
    epoch: fields.text('epoch'),
    times: fields.column('times', most).map((time) => time ?? 0),
    rates: {
      '1xx': rates.column('1xx', most),
      '2xx': rates.column('2xx', most),
      '3xx': rates.column('3xx', most),
      '4xx': rates.column('4xx', most),
      '5xx': rates.column('5xx', most),
      none: rates.column('none', most),
    },
    p50: fields.column('p50', most),
    p95: fields.column('p95', most),
    p99: fields.column('p99', most),
    workers: Object.fromEntries(workers.map(([id, columns]) => [id, workerColumnsOf(columns)])),
  }
}

function workerColumnsOf(fields: Fields): LiveWorkerColumns {
  const most = topLimits.samples
  return {
    requestsPerSecond: fields.column('requestsPerSecond', most),
    loopDelay: fields.column('loopDelay', most),
    cpuPercent: fields.column('cpuPercent', most),
    memory: fields.column('memory', most),
    heap: fields.column('heap', most),
  }
}

function workerOf(fields: Fields): LiveWorker {
  return {
    key: fields.text('key'),
    workerId: fields.text('workerId'),
    instance: fields.textOrNull('instance'),
    pid: fields.figure('pid'),
    state: fields.text('state'),
    listening: fields.flag('listening'),
    ageSeconds: fields.figure('ageSeconds'),
    reportAgeSeconds: fields.figure('reportAgeSeconds'),
    requests: fields.figure('requests'),
    requestsPerSecond: fields.figure('requestsPerSecond'),
    inFlight: fields.figure('inFlight'),
    cpuPercent: fields.figure('cpuPercent'),
    memoryBytes: fields.figure('memoryBytes'),
    heapUsedBytes: fields.figure('heapUsedBytes'),
    heapLimitBytes: fields.figure('heapLimitBytes'),
    loopDelaySeconds: fields.figure('loopDelaySeconds'),
    hang: hangOf(fields.recordOrNull('hang')),
  }
}

/** The hang of a worker or of a death, in `/live` and in `/status`. */
export function hangOf(fields: Fields | null): LiveHang | null {
  if (fields === null) return null
  return {
    seconds: fields.number('seconds') ?? 0,
    heldBy: fields.textOrNull('heldBy'),
    stack: fields.textOrNull('stack'),
  }
}

function routeOf(fields: Fields): TopRoute {
  return {
    method: fields.text('method'),
    route: fields.text('route'),
    requests: fields.figure('requests'),
    requestsPerSecond: fields.figure('requestsPerSecond'),
    p50: fields.figure('p50'),
    p95: fields.figure('p95'),
    p99: fields.figure('p99'),
    errors: fields.number('errors') ?? 0,
    errorsPerSecond: fields.figure('errorsPerSecond'),
    errorTypes: fields.list('errorTypes', topLimits.errorTypes).map((each) => ({
      errorType: each.text('errorType'),
      count: each.number('count') ?? 0,
    })),
  }
}

function deathOf(fields: Fields): TopDeath {
  return {
    workerId: fields.text('workerId'),
    pid: fields.figure('pid'),
    reason: fields.text('reason'),
    certainty: fields.text('certainty') === 'probable' ? 'probable' : 'certain',
    restartType: fields.text('restartType'),
    end: fields.text('end'),
    endedAt: fields.figure('endedAt'),
    ageSeconds: fields.figure('ageSeconds'),
    requests: fields.figure('requests'),
    memoryBytes: fields.figure('memoryBytes'),
    error: errorOf(fields.recordOrNull('error')),
    hang: hangOf(fields.recordOrNull('hang')),
  }
}

/** The error of a death, in `/live` and in `/status`. */
export function errorOf(fields: Fields | null): TopDeath['error'] {
  if (fields === null) return null
  return {
    name: fields.text('name'),
    message: fields.textOrNull('message'),
    stack: fields.textOrNull('stack'),
  }
}

function instanceOf(fields: Fields): LiveInstance {
  return {
    instance: fields.text('instance'),
    state: fields.text('state'),
    origin: fields.text('origin'),
    ageSeconds: fields.figure('ageSeconds'),
    workers: fields.figure('workers'),
    requests: fields.figure('requests'),
    requestsPerSecond: fields.figure('requestsPerSecond'),
    errorsPerSecond: fields.figure('errorsPerSecond'),
  }
}

/** `top` shows two of these figures. */
function exporterOf(fields: Fields): LiveDocument['exporter'] {
  return {
    series: fields.number('series') ?? 0,
    droppedSeries: {},
    faults: {},
    scrapes: {},
    connections: fields.number('connections') ?? 0,
    push: null,
    redis: null,
    names: [],
  }
}
