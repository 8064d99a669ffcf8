import type { Cluster, Worker } from 'node:cluster'
import type { Meter } from '@opentelemetry/api'
import { ClusterCollector } from '../collect/cluster/cluster.ts'
import { onFirstFork, primaryCluster } from '../collect/cluster/forks.ts'
import { observeSignals } from '../collect/cluster/signals.ts'
import { onEnd } from '../collect/process/end.ts'
import { ownWorkerId } from '../collect/process/own-worker-id.ts'
import { collectWorker, type Observation } from '../collect/worker.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { WorkerRegistry } from '../state/worker-registry.ts'
import { startSeconds } from '../support/process-identity.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import { hasAnyReporter, hasReporter } from './cluster-speaker.ts'
import { observeInto, requestRecorder } from './instruments.ts'

/**
 * Emits this process's `gunicorn_*` metrics as instruments of a user's own SDK. Not those of a
 * primary whose cluster somebody else tells about: it serves its exporter's scrapes alone, and is
 * no worker.
 */
export function collectInto(meter: Meter): Stop {
  if (hasReporter()) return () => {}
  const attributes = { worker_id: ownWorkerId() }
  const collector = collectWorker({ recorder: requestRecorder(meter, attributes) })
  const state = { state: 'running', timestamp: String(startSeconds) }
  const running = { declaration: catalog.state, points: () => [{ attributes: state, value: 1 }] }
  const stops = [
    () => collector.stop(),
    observeInto(meter, [...collector.observations, running], attributes),
    onEnd((errorType) => collector.endOpenRequests(errorType)),
  ]
  const follow = (cluster: Cluster): void => {
    try {
      if (hasAnyReporter()) stopAll(stops)
      else stops.push(...collectMaster(meter, cluster))
    } catch {
      collector.countFault('cluster')
    }
  }
  const cluster = primaryCluster()
  if (cluster) follow(cluster)
  else stops.push(onFirstFork(follow))
  return () => stopAll(stops)
}

/**
 * The primary's counts whose labels are few. Those with a `worker_id` per ended worker come with
 * the relay only: an SDK never forgets a series, so here they would grow with every death.
 */
function collectMaster(meter: Meter, cluster: Cluster): Stop[] {
  const roster = new WorkerRegistry({ slots: false })
  const collector = new ClusterCollector(cluster, {
    onEvent: (event) => roster.apply(event),
    onWorker: () => {},
    onFault: () => {},
  })
  for (const worker of Object.values(cluster.workers ?? {})) if (worker) introduce(worker, roster)
  const few = [catalog.masterWorkerRestart, catalog.masterWorkerRestarts, catalog.masterWorkers]
  const observations = few.map(
    (declaration): Observation => ({
      declaration,
      points: () => {
        roster.expire(Date.now())
        const metric = roster
          .metrics(Date.now())
          .find(({ descriptor }) => descriptor.name === declaration.name)
        return metric?.points ?? []
      },
    }),
  )
  return [
    () => collector.stop(),
    observeSignals((reason) => roster.apply({ kind: 'signal', reason })),
    observeInto(meter, observations, {}),
  ]
}

/** A worker that was forked before anybody listened. */
function introduce(
  { id: forkNumber, process: child, ...worker }: Worker,
  roster: WorkerRegistry,
): void {
  roster.apply({ kind: 'forked', forkNumber: forkNumber, at: Date.now(), pid: child.pid })
  // Node's, though its documentation does not name it.
  const { state } = worker as { state?: unknown }
  if (state === 'listening') roster.apply({ kind: 'listening', forkNumber: forkNumber })
}
