import { hostname } from 'node:os'
import type { Details } from '../endpoint/details.ts'
import type { Attributes, Descriptor, Metric } from '../model/metric.ts'
import type { ClusterState } from '../state/cluster-state.ts'
import { figuresOf, standstillOf } from '../state/workers/silence.ts'
import type { WorkerSnapshot } from '../state/workers/worker-snapshot.ts'
import type { LiveReading, WorkerFacts } from './counts/reading.ts'
import type { LiveSource, OwnCounts } from './live-source.ts'

export interface ClusterSourceOptions {
  readonly state: ClusterState
  readonly resource: Attributes
  readonly counts: (connections: number, details: Details) => OwnCounts
  /** Metrics on the page that no process reports. */
  readonly ownMetrics: () => readonly Metric[]
  readonly nameOf: (descriptor: Descriptor) => string
  readonly lines: LiveSource['lines']
}

/** A cluster, or a process without workers, for the live page. */
export function clusterSource(options: ClusterSourceOptions): LiveSource {
  const { state, resource, counts } = options
  return {
    kind: () => (state.primaryHang === undefined ? 'process' : 'cluster'),
    title: titleOf(resource),
    read: () => readingOf(state),
    instances: () => [],
    hasInstance: () => false,
    primary() {
      const hang = state.primaryHang
      return hang === undefined ? undefined : { pid: process.pid, hang }
    },
    originTexts: () => ({ unread: [], awaited: [] }),
    wanted: () => state.wantedWorkers ?? null,
    deaths: () => state.deaths,
    counts,
    names() {
      const descriptors = [...state.descriptors(), ...shownDescriptors(options.ownMetrics())]
      return namesOf(descriptors, options.nameOf)
    },
    lines: options.lines,
  }
}

/** Without a name, OpenTelemetry names a service after its command. */
export function titleOf(resource: Attributes): string {
  const name = String(resource['service.name'] ?? '')
  return name === '' || name.startsWith('unknown_service') ? hostname() : name
}

function readingOf(state: ClusterState): LiveReading {
  return {
    workers: state.snapshots().map((snapshot) => factsOf(snapshot, state)),
    metricsOf: (name) => state.metricsOf(name),
  }
}

function factsOf(snapshot: WorkerSnapshot, state: ClusterState): WorkerFacts {
  const { forkNumber, workerId, silence, silentSeconds, reportAgeSeconds, ...facts } = snapshot
  const figures = figuresOf(silence)
  return {
    ...{ key: workerId, workerId, instance: null, pid: facts.pid, state: facts.state },
    listening: facts.listening,
    ageSeconds: facts.ageSeconds,
    reportAgeSeconds,
    valuesAgeSeconds: reportAgeSeconds,
    hang: standstillOf(silence, silentSeconds, state.hangs.of(forkNumber)),
    kernel: {
      memoryBytes: figures?.memoryBytes ?? null,
      cpuPercent: figures?.cpuPercent ?? null,
    },
  }
}

/** The names of metrics, each once, in their order. */
export function namesOf(
  descriptors: readonly Descriptor[],
  nameOf: ClusterSourceOptions['nameOf'],
): string[] {
  return [...new Set(descriptors.map(nameOf))].sort()
}

/** The descriptors of metrics with samples. */
export function shownDescriptors(metrics: readonly Metric[]): Descriptor[] {
  return metrics.filter(({ points }) => points.length > 0).map(({ descriptor }) => descriptor)
}
