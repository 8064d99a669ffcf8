import type { LiveReading, WorkerFacts } from '../live/counts/reading.ts'
import { workerKey } from '../live/counts/reading.ts'
import { valuesOf } from '../live/counts/worker-totals.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Standstill } from '../model/hang.ts'
import { staleState, unknownPresent } from '../model/live/stale-worker.ts'
import type { Attributes, Metric } from '../model/metric.ts'
import type { InstanceStatus } from './origin.ts'

type StatusOf = (instance: unknown) => InstanceStatus | undefined

/**
 * The metrics of the instances that the sidecar read, as a live page reads them.
 * @param statusOf undefined for an unknown instance.
 */
export function instanceReading(metrics: readonly Metric[], statusOf: StatusOf): LiveReading {
  const byName = new Map<string, Metric[]>()
  for (const metric of metrics) {
    const known = byName.get(metric.descriptor.name)
    if (known) known.push(metric)
    else byName.set(metric.descriptor.name, [metric])
  }
  const metricsOf: LiveReading['metricsOf'] = (name) => byName.get(name) ?? []
  return { metricsOf, workers: workersOf(metricsOf, statusOf) }
}

/** The instance whose metric this is. The metrics of instances come one instance after another. */
export function instanceOf({ points }: Metric): unknown {
  return points[0]?.attributes['instance']
}

function workersOf(metricsOf: LiveReading['metricsOf'], statusOf: StatusOf): WorkerFacts[] {
  const points = (name: string): Metric['points'] => metricsOf(name).flatMap((each) => each.points)
  const reading = { metricsOf, workers: [] }
  const values = (name: string): ReadonlyMap<string, number> => valuesOf(reading, name)
  const gauges = {
    pids: new Map(points(catalog.info.name).map(({ attributes }) => pidOf(attributes))),
    listening: values(catalog.listening.name),
    ages: values(catalog.uptime.name),
    reportAges: values(catalog.reportAge.name),
    memory: values(catalog.memory.name),
    cpu: values(catalog.cpu.name),
    statusOf,
  }
  return points(catalog.state.name)
    .filter(({ attributes, value }) => value === 1 && liveStates.has(attributes['state']))
    .map(({ attributes }) => factsOf(attributes, gauges))
}

/** The other states are states of workers that have ended. */
const liveStates: ReadonlySet<unknown> = new Set(['running', 'hanging', 'stopped'])

interface Gauges {
  readonly pids: ReadonlyMap<string, number | null>
  readonly listening: ReadonlyMap<string, number>
  readonly ages: ReadonlyMap<string, number>
  readonly reportAges: ReadonlyMap<string, number>
  readonly memory: ReadonlyMap<string, number>
  readonly cpu: ReadonlyMap<string, number>
  readonly statusOf: StatusOf
}

function factsOf(
  { worker_id: workerId, instance, state }: Attributes,
  gauges: Gauges,
): WorkerFacts {
  const key = workerKey(String(workerId), instance)
  const status = gauges.statusOf(instance)
  // The sidecar read the worker's last report some time ago.
  const told = gauges.reportAges.get(key)
  const reportAgeSeconds = told === undefined ? null : told + (status?.ageSeconds ?? 0)
  const facts: WorkerFacts = {
    key,
    workerId: String(workerId),
    instance: instance === undefined ? null : String(instance),
    pid: gauges.pids.get(key) ?? null,
    state: String(state),
    listening: (gauges.listening.get(key) ?? 0) > 0,
    ageSeconds: gauges.ages.get(key) ?? null,
    reportAgeSeconds,
    valuesAgeSeconds: status?.ageSeconds ?? null,
    hang: hangOf(state, reportAgeSeconds),
    kernel: {
      memoryBytes: gauges.memory.get(key) ?? null,
      cpuPercent: gauges.cpu.get(key) ?? null,
    },
  }
  return status?.state === staleState ? { ...facts, ...unknownPresent } : facts
}

/** Stacks stay with the process: its own page has them. */
function hangOf(state: unknown, reportAgeSeconds: number | null): Standstill | null {
  if (state !== 'hanging' && state !== 'stopped') return null
  return { state, seconds: reportAgeSeconds ?? 0, heldBy: null, stack: null }
}

function pidOf(attributes: Attributes): [key: string, pid: number | null] {
  const pid = Number(attributes['pid'])
  const key = workerKey(String(attributes['worker_id']), attributes['instance'])
  return [key, Number.isSafeInteger(pid) ? pid : null]
}
