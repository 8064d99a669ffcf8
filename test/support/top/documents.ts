import type { Reading, TopDocument } from '../../../src/commands/top/source/reading.ts'
import type { LiveWorker } from '../../../src/model/live/live-document.ts'
import { parsedLive } from '../../../src/model/live/live-document-guard.ts'

/** A worker of `/live` with the given fields. */
export function liveWorker(fields: Partial<LiveWorker> = {}): LiveWorker {
  const { workerId = 'worker_1_1795260252' } = fields
  return {
    key: workerId,
    workerId,
    instance: null,
    pid: 4_711,
    state: 'running',
    listening: true,
    ageSeconds: 3_600,
    reportAgeSeconds: 0.4,
    requests: 1_042,
    requestsPerSecond: 12.5,
    inFlight: 2,
    cpuPercent: 3.4,
    memoryBytes: 64_004_096,
    heapUsedBytes: 20_000_000,
    heapLimitBytes: 4_000_000_000,
    loopDelaySeconds: 0.012,
    hang: null,
    ...fields,
  }
}

/** A document as the exporter sends it. @param fields replace the fields of an empty document. */
export function liveJson(fields: Readonly<Record<string, unknown>> = {}): unknown {
  const counts = { live: 0, listening: 0, hanging: 0, stopped: 0, wanted: null }
  return {
    version: 1,
    exporterVersion: '0.1.0',
    kind: 'cluster',
    title: 'shop',
    now: 1_795_260_300_000,
    uptimeSeconds: 3_600,
    headline: { requestsPerSecond: 12.5, errorsPerSecond: 0, p50: 0.01, workers: counts },
    history: { epoch: 'a', last: 0, capacity: 450, stepSeconds: 2, times: [], workers: {} },
    workers: [],
    routes: [],
    deaths: [],
    instances: [],
    instance: null,
    exporter: { series: 10 },
    hidden: null,
    ...fields,
  }
}

export function liveDocument(fields: Readonly<Record<string, unknown>> = {}): TopDocument {
  const answer = parsedLive(JSON.stringify(liveJson(fields)))
  if (answer.kind !== 'document') throw new Error('not a document of /live')
  return answer.document
}

export function liveReading(fields: Readonly<Record<string, unknown>> = {}): Reading {
  return { source: 'live', document: liveDocument(fields), notes: [] }
}
