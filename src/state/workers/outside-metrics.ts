import { catalog } from '../../model/catalog/catalog.ts'
import type { Declaration } from '../../model/catalog/declaration.ts'
import { declared, point } from '../../model/catalog/declared.ts'
import type { Metric, Point } from '../../model/metric.ts'
import { ownScope } from '../../model/own-scope.ts'
import { figuresOf, standstillOf } from './silence.ts'
import type { WorkerSnapshot } from './worker-snapshot.ts'

/** Gauges that stay true while the worker does not report. */
const constant = new Set([catalog.info.name, catalog.startTime.name, catalog.heapLimit.name])

/**
 * Replaces the gauges of silent workers by figures from outside. A gauge that only the worker could
 * tell is left out: the last report says nothing about the present.
 * @param snapshots of the live workers.
 */
export function seenFromOutside(
  metrics: readonly Metric[],
  snapshots: readonly WorkerSnapshot[],
): readonly Metric[] {
  const silent = snapshots.filter(({ silence }) => silence)
  if (silent.length === 0) return metrics
  const ids = new Set<unknown>(silent.map(({ workerId }) => workerId))
  const isStale = ({ attributes }: Point): boolean => ids.has(attributes['worker_id'])
  const kept = metrics.map((metric): Metric => {
    const { descriptor, points } = metric
    const { kind, scope, name } = descriptor
    if (kind !== 'gauge' || scope !== ownScope || constant.has(name)) return metric
    return { descriptor, points: points.filter((each) => !isStale(each)) }
  })
  return silent.flatMap((worker) => outsideValues(worker, metrics)).reduce(withPoint, kept)
}

interface OutsideValue {
  readonly declaration: Declaration
  readonly workerId: string
  readonly value: number
}

function outsideValues(worker: WorkerSnapshot, reported: readonly Metric[]): OutsideValue[] {
  const { workerId, silence, ageSeconds, silentSeconds } = worker
  const hang = standstillOf(silence, silentSeconds, null)
  const figures = figuresOf(silence)
  if (!hang) return []
  const values: (readonly [Declaration, number | undefined])[] = [
    [catalog.memory, figures?.memoryBytes],
    [catalog.cpu, figures?.cpuPercent],
    // A longer stall of the last minute must stay on the page.
    [catalog.eventLoopDelay, Math.max(hang.seconds, reportedDelay(reported, workerId))],
    // A blocked loop is never idle. Without figures, the worker could also be stopped.
    [catalog.eventLoopUtilization, figures && hang.state === 'hanging' ? 1 : undefined],
    [catalog.uptime, ageSeconds],
  ]
  return values.flatMap(([declaration, value]) =>
    value === undefined ? [] : [{ declaration, workerId, value }],
  )
}

function reportedDelay(metrics: readonly Metric[], workerId: string): number {
  const own = metrics
    .filter((metric) => isOf(metric, catalog.eventLoopDelay))
    .flatMap(({ points }) => points)
    .find(({ attributes }) => attributes['worker_id'] === workerId)
  return typeof own?.value === 'number' ? own.value : 0
}

/** Metrics of one name stay together on the page. */
function withPoint(metrics: Metric[], { declaration, workerId, value }: OutsideValue): Metric[] {
  const added = point({ worker_id: workerId }, value)
  if (!metrics.some((metric) => isOf(metric, declaration)))
    return [...metrics, declared(declaration, [added])]
  return metrics.map((metric) => {
    const { descriptor, points } = metric
    return isOf(metric, declaration) ? { descriptor, points: [...points, added] } : metric
  })
}

function isOf({ descriptor: { name, scope } }: Metric, declaration: Declaration): boolean {
  return name === declaration.name && scope === ownScope
}
