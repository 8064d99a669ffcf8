import type { Details } from '../endpoint/details.ts'
import { liveLimits } from '../limits/tools/live.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Standstill } from '../model/hang.ts'
import {
  type LiveDocument,
  type LiveExporter,
  type LiveHeadline,
  type LivePrimary,
  type LiveWorker,
  liveVersion,
} from '../model/live/live-document.ts'
import { isStale, workerCounts } from '../model/live/stale-worker.ts'
import { version } from '../model/version.ts'
import { isRecord } from '../support/guards.ts'
import { columnsKey, type LiveReading, type WorkerFacts } from './counts/reading.ts'
import { shownQuantiles, shownRates } from './counts/shown-figures.ts'
import { valuesOf } from './counts/worker-totals.ts'
import { roundedOrNull } from './history/ring.ts'
import type { LiveSource, OwnCounts } from './live-source.ts'
import type { Sampler } from './sampler.ts'
import { liveDeath, liveHang } from './shown-facts.ts'

/** The parts of a document that several documents share. */
export interface DocumentParts
  extends Pick<LiveDocument, 'routes' | 'instances' | 'pollSeconds' | 'uptimeSeconds' | 'now'> {
  readonly source: LiveSource
  readonly sampler: Sampler
  readonly reading: LiveReading
  readonly names: readonly string[]
}

/** What a request selects. */
export interface DocumentRequest {
  readonly instance: string | undefined
  /** The history starts after the sample with this number. */
  readonly since: number
  readonly connections: number
  readonly details: Details
}

export function liveDocument(
  { source, sampler, reading, names, ...parts }: DocumentParts,
  { instance, since, connections, details }: DocumentRequest,
): LiveDocument {
  const workers = liveWorkers(reading, { sampler, details })
  return {
    version: liveVersion,
    exporterVersion: version,
    kind: source.kind(),
    title: source.title,
    ...parts,
    headline: headline({ sampler, workers, reading, source }),
    history: sampler.history.after(since),
    primary: primaryOf(source, details),
    workers: workers.slice(0, liveLimits.shownWorkers),
    deaths: source
      .deaths()
      .map((death) => liveDeath(death, details))
      .reverse(),
    ...source.originTexts(details),
    instance: instance ?? null,
    exporter: exporterOf(source.counts(connections, details), names),
    hidden: details === 'shown' ? null : details,
  }
}

interface HeadlineParts extends Pick<DocumentParts, 'sampler' | 'reading' | 'source'> {
  readonly workers: readonly LiveWorker[]
}

function headline({ sampler, workers, reading, source }: HeadlineParts): LiveHeadline {
  const { rates, quantiles } = sampler.recent()
  const staleKeys = new Set(reading.workers.filter(isStale).map(({ key }) => key))
  const inFlight = [...valuesOf(reading, catalog.requestsInFlight.name)].flatMap(([key, value]) =>
    staleKeys.has(key) ? [] : [value],
  )
  const isUnknown = workers.length > 0 && workers.every(isStale)
  return {
    ...shownRates(isUnknown ? null : rates),
    ...shownQuantiles(quantiles),
    inFlight: inFlight.length === 0 ? null : inFlight.reduce((sum, value) => sum + value, 0),
    workers: { ...workerCounts(workers), wanted: source.wanted() },
  }
}

function primaryOf(source: LiveSource, details: Details): LivePrimary | null {
  const primary = source.primary()
  if (!primary) return null
  const { pid, hang } = primary
  return { pid, state: hang ? 'hanging' : 'running', hang: hang && liveHang(hang, details) }
}

function liveWorkers(
  reading: LiveReading,
  { sampler, details }: { readonly sampler: Sampler; readonly details: Details },
): LiveWorker[] {
  const inFlight = valuesOf(reading, catalog.requestsInFlight.name)
  const heapLimit = valuesOf(reading, catalog.heapLimit.name)
  const requests = valuesOf(reading, catalog.requests.name)
  return reading.workers.map((facts) => {
    const { valuesAgeSeconds: _, kernel: __, hang, ...shown } = facts
    return {
      ...shown,
      key: columnsKey(facts),
      ...(hang ? silentFigures(facts, hang) : sampledFigures(sampler, facts)),
      requests: requests.get(facts.key) ?? null,
      ...(isStale(facts)
        ? { requestsPerSecond: null, inFlight: null }
        : {
            requestsPerSecond: roundedOrNull(sampler.figuresOf(facts)?.requestsPerSecond ?? null),
            inFlight: inFlight.get(facts.key) ?? null,
          }),
      heapLimitBytes: heapLimit.get(facts.key) ?? null,
      hang: hang && liveHang(hang, details),
    }
  })
}

type WorkerGauges = Pick<
  LiveWorker,
  'cpuPercent' | 'memoryBytes' | 'heapUsedBytes' | 'loopDelaySeconds'
>

function sampledFigures(sampler: Sampler, facts: WorkerFacts): WorkerGauges {
  const sampled = isStale(facts) ? undefined : sampler.figuresOf(facts)
  const { cpuPercent, memory, heap, loopDelay } = sampled ?? noFigures
  return {
    cpuPercent: roundedOrNull(cpuPercent),
    memoryBytes: memory,
    heapUsedBytes: heap,
    loopDelaySeconds: roundedOrNull(loopDelay),
  }
}

const noFigures = { cpuPercent: null, memory: null, heap: null, loopDelay: null }

/** The gauges of the last report say nothing about the present. */
function silentFigures({ kernel }: WorkerFacts, { seconds }: Standstill): WorkerGauges {
  return {
    cpuPercent: roundedOrNull(kernel.cpuPercent),
    memoryBytes: kernel.memoryBytes,
    heapUsedBytes: null,
    loopDelaySeconds: seconds,
  }
}

function exporterOf(counts: OwnCounts, names: readonly string[]): LiveExporter {
  const numbers = (value: unknown): Record<string, number> =>
    Object.fromEntries(
      Object.entries(isRecord(value) ? value : {}).flatMap(([name, count]) =>
        typeof count === 'number' ? [[name, count]] : [],
      ),
    )
  const record = (value: unknown): Readonly<Record<string, unknown>> | null =>
    isRecord(value) ? value : null
  return {
    series: Number(counts['series'] ?? 0),
    droppedSeries: numbers(counts['droppedSeries']),
    faults: record(counts['faults']) ?? {},
    scrapes: numbers(counts['scrapes']),
    connections: Number(counts['connections'] ?? 0),
    push: record(counts['push']),
    redis: record(counts['redis']),
    names,
  }
}
