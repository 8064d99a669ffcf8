import { exporterLimits } from '../limits/exporter.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import { type CgroupMemory, cgroupMemory } from '../support/process/cgroup.ts'

export interface CgroupMetricsOptions {
  /** Default: reads the cgroup of this process. */
  readonly read?: (() => CgroupMemory | undefined) | undefined
  readonly clock?: Pick<Clock, 'now'>
}

/** Returns a function that gives memory and limit of the cgroup, read at most once in a time. */
export function cgroupMetrics({
  read = () => cgroupMemory(process.pid),
  clock = nodeClock,
}: CgroupMetricsOptions = {}): () => Metric[] {
  let metrics: Metric[] = []
  let readAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = clock.now()
    if (now - readAt < exporterLimits.cgroupReadingMs) return metrics
    readAt = now
    metrics = metricsOf(read())
    return metrics
  }
}

function metricsOf(memory: CgroupMemory | undefined): Metric[] {
  if (!memory) return []
  const { limit, used } = memory
  return [
    declared(catalog.exporterCgroupMemory, used === undefined ? [] : [point({}, used)]),
    declared(catalog.exporterCgroupMemoryLimit, [point({}, limit)]),
  ]
}
