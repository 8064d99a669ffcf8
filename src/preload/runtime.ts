import type { Cluster } from 'node:cluster'
import type { Server } from 'node:net'
import type { MeterProvider } from '@opentelemetry/api'
import { addToWorkers, type Variables } from '../collect/cluster/worker-variables.ts'
import { routeOptions } from '../collect/route-options.ts'
import { deferHandOver } from '../collect/servers/hand-overs.ts'
import { onListen } from '../collect/servers/listening.ts'
import { isExporterListening } from '../collect/servers/server-conflicts.ts'
import { isHttpServer } from '../collect/servers/server-kind.ts'
import { parentVariables } from '../config/preloaded-parent.ts'
import { toldVariables } from '../config/resolve/told-messages.ts'
import { otelInstrumentationsOf, type Settings } from '../config/settings.ts'
import { logDeath } from '../log/log-death.ts'
import { logHang } from '../log/log-hang.ts'
import { catchTimerFaults } from '../support/clock.ts'
import { ConflictWatch } from './conflict-watch.ts'
import { errorDescription } from './metrics/error-description.ts'
import { ProcessMetrics } from './metrics/process-metrics.ts'
import { OtelInstrumentations } from './otel-instrumentations.ts'
import { PrimaryRuntime, type PrimaryRuntimeOptions } from './primary.ts'
import { exporterRuntime, processState, setProcessState, settings } from './process-state.ts'
import type { EventSink, WorkerCallbacks } from './worker-callbacks.ts'
import { hasUnknownParent, WorkerRuntime } from './worker-runtime.ts'

export { tell } from './advice/tell.ts'
export {
  answerMountedPage,
  awaitScrape,
  handOver,
  heldBy,
  readControlView,
  readForwarderStatus,
  takeSignal,
  tellsDeaths,
  workersDirectory,
} from './exporter-requests.ts'
export { configure } from './process-state.ts'

/*
 * The preload loads this module when the process listens, forks or measures. A process loads the
 * module once, so the state in `process-state.ts` is the state of the process.
 */

const metrics = new ProcessMetrics({
  onFault: countFault,
  durationBuckets: () => settings()?.durationBuckets,
  countsCollections: () => settings()?.garbageCollections ?? true,
  routes: () => routeOptions(settings()),
  isExponential: () => settings()?.histogramAggregation === 'base2_exponential_bucket_histogram',
  errorDescription: () => errorDescription(settings()),
})
const instrumentations = new OtelInstrumentations(metrics, () => countFault('instrumentation'))
const conflicts = new ConflictWatch({ ignores: isForWorkers, onFault: countFault })

const mainProcess = 'the main process'

/**
 * Call `startServer` when a server listens in a process that is no cluster worker.
 *
 * @returns whether later servers need no call, because the hooks find them or the exporter is off.
 */
export function startServer(server: Server): boolean {
  const resolved = settings()
  if (!resolved) return true
  const again = (): boolean => startServer(server)
  if (processState().kind !== 'primary' && deferHandOver(server, again, countFault)) return false
  if (isForWorkers(server)) {
    exporterRuntime()?.handOvers.follow(server)
    return false
  }
  // The endpoint of the application's own OTel SDK answers no requests of users.
  if (isExporterListening()) {
    conflicts.start(resolved, mainProcess)
    return false
  }
  metrics.observeServer(server)
  instrumentations.start(resolved)
  exporterRuntime()?.resetBaseline()
  ensureExporter(resolved)
  return true
}

/**
 * Call `prepareFork` before the process forks a cluster worker.
 *
 * @returns the variables for the worker.
 */
export function prepareFork(forkNumber: number): Variables {
  const resolved = settings()
  return {
    ...parentVariables(),
    ...toldVariables(),
    ...(resolved ? ensureExporter(resolved).prepareFork(forkNumber) : {}),
  }
}

/** Call `forgetFork` when the system has not started the worker of `prepareFork`. */
export function forgetFork(forkNumber: number): void {
  exporterRuntime()?.forgetFork(forkNumber)
}

/**
 * Call `startPrimary` when the process forks its first cluster worker.
 *
 * @param callbacks the additions of a master. Without callbacks, `logDeath` logs deaths.
 * @returns a function for further events, or `undefined` without an exporter.
 */
export function startPrimary(cluster: Cluster, callbacks?: WorkerCallbacks): EventSink | undefined {
  const resolved = settings()
  if (processState().kind === 'primary') return undefined
  addToWorkers(parentVariables, () => countFault('cluster'))
  if (!resolved) return undefined
  const runtime = ensureExporter(resolved, { upgrades: callbacks?.upgrades })
  setProcessState({ kind: 'primary', settings: resolved, runtime })
  return runtime.startWorkers(cluster, { onDeath: logDeath, onHang: logHang, ...callbacks })
}

/** Call `startWorker` in a cluster worker. */
export function startWorker({ worker }: Cluster): void {
  const resolved = settings(false)
  if (!resolved || !worker) return
  metrics.start()
  conflicts.start(resolved, `worker ${worker.id}`)
  if (hasUnknownParent(resolved)) {
    startWorkerAlone(resolved, worker.id)
    return
  }
  if (otelInstrumentationsOf(resolved).length > 0) {
    onListen(
      () => {
        instrumentations.start(resolved)
        return true
      },
      () => countFault('listen'),
    )
  }
  const runtime = new WorkerRuntime({ worker, settings: resolved, metrics, onFault: countFault })
  setProcessState({ kind: 'worker', settings: resolved, runtime })
}

/**
 * A MeterProvider for the application's instruments; `undefined` if the exporter is off.
 *
 * @param isShared whether the application also exports the instruments with its own SDK.
 */
export function applicationProvider(isShared: boolean): MeterProvider | undefined {
  if (!settings()) return undefined
  const isNewlyShared = isShared && !metrics.isShared
  const provider = metrics.provider(isShared)
  if (isNewlyShared) {
    // The application's SDK can have the same instrumentations.
    instrumentations.stop()
    const state = processState()
    if ('runtime' in state) state.runtime.resetBaseline()
  }
  return provider
}

/** Starts an exporter thread in a cluster worker at the first listening server. */
function startWorkerAlone(resolved: Settings, forkNumber: number): void {
  onListen(
    () => {
      instrumentations.start(resolved)
      ensureExporter(resolved, { forkNumber })
      return true
    },
    () => countFault('listen'),
  )
}

/** Starts the exporter thread unless the thread runs. */
function ensureExporter(
  resolved: Settings,
  options: Pick<PrimaryRuntimeOptions, 'forkNumber' | 'upgrades'> = {},
): PrimaryRuntime {
  const known = exporterRuntime()
  if (known) return known
  conflicts.start(resolved, mainProcess)
  const runtime = new PrimaryRuntime({
    settings: resolved,
    metrics,
    onFault: countFault,
    ...options,
  })
  setProcessState({ kind: 'alone', settings: resolved, runtime })
  return runtime
}

/** A primary listens on behalf of the workers. The workers observe the servers. */
function isForWorkers(server: Server): boolean {
  return processState().kind === 'primary' && !isHttpServer(server)
}

/** Counts a fault of this package, or of a hook. */
export function countFault(component: string): void {
  try {
    if (!metrics.countFault(component)) exporterRuntime()?.countFault(component)
  } catch {
    // The caller is in the application's stack.
  }
}

catchTimerFaults(() => countFault('timer'))
