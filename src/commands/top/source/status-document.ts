import { liveReadLimits } from '../../../limits/tools/live.ts'
import { endText } from '../../../model/death.ts'
import { Fields } from '../../../model/live/fields.ts'
import type { LiveInstance, LiveWorker } from '../../../model/live/live-document.ts'
import { liveErrorOf, liveHangOf } from '../../../model/live/live-rows-guard.ts'
import {
  isStale,
  staleState,
  unknownPresent,
  workerCounts,
} from '../../../model/live/stale-worker.ts'
import { originTexts, type UnreadOrigin } from '../../../model/live/unread-origin.ts'
import type { TopDeath, TopDocument } from './reading.ts'

/**
 * Adds what `/status` tells to the document of a page: deaths, pids, hanging workers with stacks,
 * and the instances of a sidecar.
 * @param status an answer of any exporter; undefined without `/status`.
 */
export function withStatus(document: TopDocument, status: unknown): TopDocument {
  const fields = new Fields(status)
  if (!fields.has('exporter')) return document
  const workers = new Map(
    fields.list('workers', liveReadLimits.rows).map((each) => [each.text('workerId'), each]),
  )
  const origins = fields.list('origins', liveReadLimits.rows)
  const instances = origins.flatMap(instancesOf)
  return withoutStale({
    ...document,
    exporterVersion: fields.text('version'),
    uptimeSeconds: fields.number('uptimeSeconds') ?? document.uptimeSeconds,
    workers: document.workers.map((worker) => {
      const known = workers.get(worker.workerId)
      if (known === undefined) return worker
      const hang = liveHangOf(known.recordOrNull('hang')) ?? worker.hang
      return { ...worker, pid: worker.pid ?? known.figure('pid'), hang }
    }),
    deaths: fields.list('deaths', liveReadLimits.rows).map(deathOf).reverse(),
    instances,
    ...originTexts(origins.flatMap(unreadOf)),
    hidden: hiddenOf(fields),
  })
}

/** The page has the last figures of a stale instance, as if its workers lived. */
function withoutStale(document: TopDocument): TopDocument {
  const { instances, headline } = document
  const byName = new Map(instances.map((each) => [each.instance, each]))
  const workers = document.workers.map((worker): LiveWorker => {
    const { state, ageSeconds } = byName.get(worker.instance ?? '') ?? {}
    const told = worker.reportAgeSeconds
    const reportAgeSeconds = told === null ? null : told + (ageSeconds ?? 0)
    return state === staleState
      ? { ...worker, ...unknownPresent, ...unknownFigures, reportAgeSeconds }
      : { ...worker, reportAgeSeconds }
  })
  if (!workers.some(isStale)) return { ...document, workers }
  return {
    ...document,
    workers,
    headline: {
      ...(workers.every(isStale) ? { ...headline, ...unknownRates } : headline),
      workers: { ...workerCounts(workers), wanted: headline.workers.wanted },
    },
  }
}

const unknownRates = { requestsPerSecond: null, errorsPerSecond: null, inFlight: null } as const

const unknownFigures = {
  ...{ requestsPerSecond: null, inFlight: null },
  ...{ cpuPercent: null, memoryBytes: null, heapUsedBytes: null, loopDelaySeconds: null },
} as const

function unreadOf(origin: Fields): UnreadOrigin[] {
  if (origin.flag('connected')) return []
  const hasRead = origin.textOrNull('lastSuccessAt') !== null
  return [
    {
      name: origin.text('name'),
      isAwaited: origin.flag('awaited'),
      error: origin.textOrNull('lastError') ?? undefined,
      readAgeSeconds: hasRead ? origin.number('readAgeSeconds') : undefined,
      instances: origin.list('sources', liveReadLimits.rows).length,
    },
  ]
}

function deathOf(fields: Fields): TopDeath {
  const endedAt = Date.parse(fields.text('endedAt'))
  return {
    workerId: fields.text('workerId'),
    pid: fields.figure('pid'),
    reason: fields.text('reason'),
    certainty: fields.text('certainty') === 'probable' ? 'probable' : 'certain',
    restartType: fields.text('restartType'),
    end: endText({ signal: fields.textOrNull('signal'), exitCode: fields.figure('exitCode') }),
    endedAt: Number.isNaN(endedAt) ? null : endedAt,
    ageSeconds: fields.figure('ageSeconds'),
    requests: fields.figure('requests'),
    memoryBytes: fields.figure('memoryBytes'),
    error: liveErrorOf(fields.recordOrNull('error')),
    hang: liveHangOf(fields.recordOrNull('hang')),
  }
}

function instancesOf(origin: Fields): LiveInstance[] {
  return origin.list('sources', liveReadLimits.rows).map((source) => ({
    instance: source.text('instance'),
    state: source.text('state'),
    origin: origin.text('name'),
    ageSeconds: source.figure('ageSeconds'),
    workers: null,
    requests: null,
    requestsPerSecond: null,
    errorsPerSecond: null,
  }))
}

/** Why the exporter leaves out messages and stacks: the text stands at each left out field. */
function hiddenOf(fields: Fields): string | null {
  const hangs = fields.list('workers', liveReadLimits.rows).map((each) => each.record('hang'))
  const deaths = fields.list('deaths', liveReadLimits.rows)
  const errors = deaths.flatMap((death) => [death.record('error'), death.record('hang')])
  const texts = [...hangs, ...errors].map((each) => each.textOrNull('details'))
  return texts.find((text) => text !== null) ?? null
}
