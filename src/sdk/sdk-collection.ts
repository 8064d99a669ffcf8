import type { Cluster, Worker } from 'node:cluster'
import type { Meter } from '@opentelemetry/api'
import { ClusterCollector } from '../collect/cluster/cluster.ts'
import { onFirstFork, primaryCluster, workerCluster } from '../collect/cluster/forks.ts'
import { ListenedSignals } from '../collect/cluster/listened-signals.ts'
import { observeSignals } from '../collect/cluster/signals.ts'
import type { Observation } from '../collect/counts/observation.ts'
import { onEnd } from '../collect/process/end.ts'
import { ownWorkerId } from '../collect/process/own-worker-id.ts'
import { collectWorker } from '../collect/worker.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Declaration } from '../model/catalog/declaration.ts'
import { WorkerRegistry } from '../state/workers/worker-registry.ts'
import { catchTimerFaults, nodeClock } from '../support/clock.ts'
import { startSeconds } from '../support/process/process-identity.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import { hasAnyReporter, hasReporter } from './cluster-reporters.ts'
import { delayRecorder, observeInto, requestRecorder } from './instruments.ts'
import { RouteInstruments } from './route-instruments.ts'

export interface CollectionOptions {
  /** Whether to make OpenTelemetry's metrics of an HTTP server, by route. Default: false. */
  readonly httpMetrics?: boolean | undefined
  /** Whether to make the sizes of bodies by route. Default: false. */
  readonly httpBodySizes?: boolean | undefined
}

/**
 * Emits the `gunicorn_*` metrics of this process as instruments of the user's own SDK. Emits
 * nothing in a primary with a reporter: such a primary serves only its exporter's scrapes and is no
 * worker.
 */
export function collectInto(meter: Meter, options: CollectionOptions = {}): Stop {
  if (hasReporter()) return () => {}
  const attributes = { worker_id: ownWorkerId() }
  const { httpMetrics = false, httpBodySizes: hasSizes = false } = options
  const byRoute = httpMetrics ? new RouteInstruments(meter, { hasSizes }) : undefined
  const collector = collectWorker({
    recorder: requestRecorder(meter, attributes),
    onDelay: delayRecorder(meter, attributes),
    routes: byRoute?.routes,
    onServer: (server) => byRoute?.check(server),
  })
  catchTimerFaults(() => collector.countFault('timer'))
  const registry = new WorkerRegistry({ slots: false })
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
      else stops.push(...collectMaster(meter, cluster, registry))
    } catch {
      collector.countFault('cluster')
    }
  }
  if (!workerCluster()) stops.push(...collectSignals(meter, registry))
  const cluster = primaryCluster()
  if (cluster) follow(cluster)
  else stops.push(onFirstFork(follow))
  return () => stopAll(stops)
}

/**
 * Emits the primary's metrics with few label sets. A metric with a `worker_id` per ended worker
 * needs the relay: an SDK never forgets a series, so the series would grow with every death.
 */
function collectMaster(meter: Meter, cluster: Cluster, registry: WorkerRegistry): Stop[] {
  const collector = new ClusterCollector(cluster, {
    onEvent: (event) => registry.apply(event, nodeClock.now()),
    onWorker: () => {},
    onFault: () => {},
  })
  for (const worker of Object.values(cluster.workers ?? {})) if (worker) addState(worker, registry)
  const few = [catalog.masterWorkerRestarts, catalog.masterWorkers]
  const observations = few.map((declaration) => observationOf(declaration, registry))
  return [() => collector.stop(), observeInto(meter, observations, {})]
}

/** Signals that the application listens for, also of a process without workers. */
function collectSignals(meter: Meter, registry: WorkerRegistry): Stop[] {
  const listened = new ListenedSignals()
  const { declaration, points } = observationOf(catalog.masterWorkerRestart, registry)
  const signals: Observation = {
    declaration,
    points() {
      for (const reason of listened.news()) {
        registry.apply({ kind: 'signal listener', reason }, nodeClock.now())
      }
      return points()
    },
  }
  return [
    observeSignals((reason) => registry.apply({ kind: 'signal', reason }, nodeClock.now())),
    observeInto(meter, [signals], {}),
  ]
}

function observationOf(declaration: Declaration, registry: WorkerRegistry): Observation {
  return {
    declaration,
    points() {
      const now = nodeClock.now()
      registry.expire(now)
      const metric = registry
        .metrics(now)
        .find(({ descriptor }) => descriptor.name === declaration.name)
      return metric?.points ?? []
    },
  }
}

/** Adds the state of a worker from before the collector started. */
function addState({ id: forkNumber, ...worker }: Worker, registry: WorkerRegistry): void {
  // Node sets `state`, but does not document the property.
  if (Reflect.get(worker, 'state') === 'listening')
    registry.apply({ kind: 'listening', forkNumber }, nodeClock.now())
}
