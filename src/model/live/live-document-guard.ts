import { liveReadLimits } from '../../limits/tools/live.ts'
import { Fields } from './fields.ts'
import {
  type LiveDocument,
  type LiveExporter,
  type LiveHeadline,
  type LiveHistory,
  type LivePrimary,
  liveVersion,
} from './live-document.ts'
import {
  liveDeathOf,
  liveHangOf,
  liveInstanceOf,
  liveRouteOf,
  liveWorkerOf,
} from './live-rows-guard.ts'

/** What an answer of `/live` holds. */
export type LiveAnswer =
  | { readonly kind: 'document'; readonly document: LiveDocument }
  | { readonly kind: 'other version'; readonly version: number }
  | { readonly kind: 'unreadable' }

/**
 * Reads an answer of `/live`. The exporter can be newer than the reader, or can be another program:
 * a missing or wrong value is null, 0 or empty, and every list and text has a limit.
 */
export function parsedLive(text: string): LiveAnswer {
  const fields = new Fields(parsedJson(text))
  const version = fields.number('version')
  if (version === undefined || !fields.has('headline') || !fields.has('workers')) {
    return { kind: 'unreadable' }
  }
  if (version !== liveVersion) return { kind: 'other version', version }
  return { kind: 'document', document: documentOf(fields) }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function documentOf(fields: Fields): LiveDocument {
  const { rows } = liveReadLimits
  const kind = fields.text('kind')
  return {
    version: liveVersion,
    ...fields.texts(['exporterVersion', 'title']),
    ...fields.counts(['uptimeSeconds', 'pollSeconds']),
    kind: kind === 'sidecar' || kind === 'process' ? kind : 'cluster',
    now: fields.number('now') ?? Date.now(),
    headline: headlineOf(fields.record('headline')),
    history: historyOf(fields.record('history')),
    primary: primaryOf(fields.recordOrNull('primary')),
    workers: fields.list('workers', rows).map(liveWorkerOf),
    routes: fields.list('routes', rows).map(liveRouteOf),
    deaths: fields.list('deaths', rows).map(liveDeathOf),
    instances: fields.list('instances', rows).map(liveInstanceOf),
    unread: fields.textList('unread', rows),
    awaited: fields.textList('awaited', rows),
    instance: fields.textOrNull('instance'),
    exporter: exporterOf(fields.record('exporter')),
    hidden: fields.textOrNull('hidden'),
  }
}

function primaryOf(fields: Fields | null): LivePrimary | null {
  if (fields === null) return null
  return {
    ...fields.counts(['pid']),
    state: fields.text('state') === 'hanging' ? 'hanging' : 'running',
    hang: liveHangOf(fields.recordOrNull('hang')),
  }
}

function headlineOf(fields: Fields): LiveHeadline {
  const workers = fields.record('workers')
  return {
    ...fields.figures(['requestsPerSecond', 'errorsPerSecond', 'p50', 'p95', 'p99', 'inFlight']),
    workers: {
      ...workers.counts(['live', 'listening', 'hanging', 'stopped']),
      ...workers.figures(['wanted']),
    },
  }
}

function historyOf(fields: Fields): LiveHistory {
  const { times, ...quantiles } = fields.columns(['times', 'p50', 'p95', 'p99'])
  const workers = fields.record('workers').entries(liveReadLimits.historyWorkers)
  return {
    ...fields.texts(['epoch']),
    ...fields.counts(['stepSeconds', 'capacity', 'last']),
    ...quantiles,
    times: times.map((time) => time ?? 0),
    rates: fields.record('rates').columns(['1xx', '2xx', '3xx', '4xx', '5xx', 'none']),
    workers: Object.fromEntries(
      workers.map(([key, columns]) => [key, columns.columns(workerColumns)]),
    ),
  }
}

const workerColumns = ['requestsPerSecond', 'loopDelay', 'cpuPercent', 'memory', 'heap'] as const

function exporterOf(fields: Fields): LiveExporter {
  const { names, counts } = liveReadLimits
  return {
    ...fields.counts(['series', 'connections']),
    droppedSeries: fields.record('droppedSeries').numbers(counts),
    scrapes: fields.record('scrapes').numbers(counts),
    faults: fields.unknowns('faults') ?? {},
    push: fields.unknowns('push'),
    redis: fields.unknowns('redis'),
    names: fields.textList('names', names),
  }
}
