import { catalog } from '../../model/catalog/catalog.ts'
import { declared, point } from '../../model/catalog/declared.ts'
import type { Attributes, Metric, Point } from '../../model/metric.ts'
import { masterReasons } from '../../model/signal.ts'
import type { WorkerEnd } from '../../model/worker-end.ts'
import type { RestartCounts } from './restart-counts.ts'
import type { WorkerCounts } from './worker-counts.ts'
import type { WorkerLabels } from './worker-labels.ts'
import { isExpectedToReport, secondsBetween, type WorkerRecord } from './worker-record.ts'

export interface WorkerFacts {
  /** Workers on the page, by `worker_id`. */
  readonly workers: ReadonlyMap<string, WorkerRecord>
  readonly restarts: RestartCounts
  readonly labels: WorkerLabels
  /** Undefined for a process that is no primary, and has no metrics of a primary. */
  readonly counts: WorkerCounts | undefined
}

/** The primary's metrics about workers. @param now milliseconds of the monotonic clock. */
export function workerMetrics(
  { workers, restarts, labels, counts }: WorkerFacts,
  now: number,
): Metric[] {
  const forked = [...workers].filter(([, { forkNumber }]) => forkNumber > 0)
  const ids = new Set([...forked.map(([id]) => id), ...restarts.ids])
  const ends = (labels: (end: WorkerEnd) => Attributes): Point[] =>
    [...ids].flatMap((id) => endPoints(id, restarts, labels))
  const shown = [...workers]
  return [
    declared(
      catalog.state,
      shown.flatMap(([id, record]) => statePoints(id, record, labels)),
    ),
    declared(
      catalog.reportAge,
      shown.flatMap(([id, record]) => reportAgePoints(record, labels.of(id, record), now)),
    ),
    declared(catalog.workerRestart, ends(reasonLabel)),
    declared(catalog.workerRestartCount, ends(typeLabels)),
    ...(counts ? masterMetrics(restarts, counts, ends(masterLabels)) : [signalMetric(restarts)]),
  ]
}

/** Of a process without workers: only the signals that the application listens for. */
function signalMetric({ signals }: RestartCounts): Metric {
  return declared(
    catalog.masterWorkerRestart,
    Array.from(signals, ([reason, count]) => point({ reason }, count)),
  )
}

function masterMetrics(
  restarts: RestartCounts,
  { configured, live, listening }: WorkerCounts,
  ends: readonly Point[],
): Metric[] {
  const states = Object.entries({ configured, live, listening })
  return [
    declared(
      catalog.masterWorkerRestart,
      masterReasons.map((reason) => point({ reason }, restarts.signalCount(reason))),
    ),
    declared(catalog.masterWorkerRestartCount, ends),
    declared(catalog.masterWorkerRestarts, [point({}, restarts.replacements)]),
    declared(
      catalog.masterWorkers,
      states.map(([state, count]) => point({ state }, count)),
    ),
  ]
}

function statePoints(id: string, { states }: WorkerRecord, labels: WorkerLabels): Point[] {
  return states.map((state, index) =>
    point(labels.ofState(id, state), index === states.length - 1 ? 1 : 0),
  )
}

function reportAgePoints(record: WorkerRecord, labels: Attributes, now: number): Point[] {
  // A leaving worker has no channel. The report age would grow as if the worker hung.
  if (!isExpectedToReport(record) || record.lastReportAt === undefined) return []
  return [point(labels, secondsBetween(record.lastReportAt, now))]
}

function endPoints(
  worker_id: string,
  restarts: RestartCounts,
  labels: (end: WorkerEnd) => Attributes,
): Point[] {
  return restarts
    .endsOf(worker_id)
    .map(({ end, count }) => point({ worker_id, ...labels(end) }, count))
}

function reasonLabel({ reason }: WorkerEnd): Attributes {
  return { reason }
}

function typeLabels({ reason, restartType }: WorkerEnd): Attributes {
  return { restart_type: restartType, reason }
}

function masterLabels({ reason, restartType }: WorkerEnd): Attributes {
  return { reason, restart_type: restartType }
}
