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
import { heldByOf } from '../hang-stacks/process-watchdog.ts'
import { logDeath } from '../log/log-death.ts'
import { logHang } from '../log/log-hang.ts'
import type { MasterReason } from '../model/signal.ts'
import type { MountedRequest, MountedResponse } from '../mount/refuse.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import { catchTimerFaults } from '../support/clock.ts'
import { ConflictWatch } from './conflict-watch.ts'
import { errorDescription } from './error-description.ts'
import { OtelInstrumentations } from './otel-instrumentations.ts'
import { adoptSettings, readSettings } from './preload-settings.ts'
import { PrimaryRuntime, type PrimaryRuntimeOptions } from './primary.ts'
import { ProcessMetrics } from './process-metrics.ts'
import type { HandOverSteps } from './thread/hand-over-steps.ts'
import type { EventSink, WorkerCallbacks } from './worker-callbacks.ts'
import { hasUnknownParent, WorkerRuntime } from './worker-runtime.ts'

export { tell } from './advice/tell.ts'

/*
 * The preload loads this module when the process listens, forks or measures. A process loads the
 * module once, so the state of the module is the state of the process.
 */

type State =
  /** The settings are not read yet. */
  | { readonly kind: 'idle' }
  /** The settings switch the exporter off, or are wrong. */
  | { readonly kind: 'off' }
  /** The settings are read. The process has no listening server and no worker yet. */
  | { readonly kind: 'ready'; readonly settings: Settings }
  /** A cluster worker that reports to its primary. */
  | { readonly kind: 'worker'; readonly settings: Settings; readonly runtime: WorkerRuntime }
  /** A process with an exporter thread and without workers. */
  | { readonly kind: 'alone'; readonly settings: Settings; readonly runtime: PrimaryRuntime }
  /** A process with an exporter thread that forks workers. */
  | { readonly kind: 'primary'; readonly settings: Settings; readonly runtime: PrimaryRuntime }

let state: State = { kind: 'idle' }

const metrics = new ProcessMetrics({
  onFault: countFault,
  durationBuckets: () => settings()?.durationBuckets,
  countsCollections: () => settings()?.garbageCollections ?? true,
  routes: () => routeOptions(settings()),
  isExponential: () => settings()?.histogramAggregation === 'base2_exponential_bucket_histogram',
  errorDescription: () => errorDescription(settings()),
})
const instrumentations = new OtelInstrumentations(metrics)
const conflicts = new ConflictWatch({ ignores: isForWorkers, onFault: countFault })

const mainProcess = 'the main process'

/** Sets the settings. A master reads the settings with the command line. */
export function configure(resolved: Settings): void {
  const adopted = adoptSettings(resolved)
  // A process that already listens keeps its exporter thread.
  if (!('runtime' in state)) state = stateOf(adopted)
  else if (adopted) state = { ...state, settings: adopted }
}

/**
 * Call `startServer` when a server listens in a process that is no cluster worker.
 *
 * @returns whether later servers need no call, because the hooks find them or the exporter is off.
 */
export function startServer(server: Server): boolean {
  const resolved = settings()
  if (!resolved) return true
  const again = (): boolean => startServer(server)
  if (state.kind !== 'primary' && deferHandOver(server, again, countFault)) return false
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
export function prepareFork(): Variables {
  const resolved = settings()
  return {
    ...parentVariables(),
    ...toldVariables(),
    ...(resolved ? ensureExporter(resolved).prepareFork() : {}),
  }
}

/**
 * Call `startPrimary` when the process forks its first cluster worker.
 *
 * @param callbacks the additions of a master. Without callbacks, `logDeath` logs deaths.
 * @returns a function for further events, or `undefined` without an exporter.
 */
export function startPrimary(cluster: Cluster, callbacks?: WorkerCallbacks): EventSink | undefined {
  const resolved = settings()
  if (state.kind === 'primary') return undefined
  addToWorkers(parentVariables, () => countFault('cluster'))
  if (!resolved) return undefined
  const runtime = ensureExporter(resolved, { upgrades: callbacks?.upgrades })
  state = { kind: 'primary', settings: resolved, runtime }
  return runtime.startWorkers(cluster, { onDeath: logDeath, onHang: logHang, ...callbacks })
}

/** Calls back when a client has got the page; at once if nobody scrapes, or without an exporter. */
export function awaitScrape(done: () => void): void {
  const runtime = exporterRuntime()
  if (runtime) runtime.awaitScrape(done)
  else done()
}

/** The steps of a master's upgrade; `undefined` without an exporter. */
export function handOver(): HandOverSteps | undefined {
  const runtime = exporterRuntime()
  return runtime?.hasLostThread ? undefined : runtime?.handOver
}

/** Whether this process logs the ends of its workers. */
export function tellsDeaths(): boolean {
  return state.kind === 'primary' && !state.runtime.hasLostThread
}

/** The code that holds the event loop of a worker; undefined where the worker left no stack. */
export function heldBy(forkNumber: number, pid: number): string | undefined {
  if (state.kind !== 'primary' || state.settings.hangStackSeconds === 0) return undefined
  return heldByOf(state.runtime.workersDirectory, { forkNumber, pid })
}

/** Counts a signal that the application listens for. Does nothing without an exporter. */
export function takeSignal(reason: MasterReason): void {
  exporterRuntime()?.apply({ kind: 'signal', reason })
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
  state = { kind: 'worker', settings: resolved, runtime }
}

/**
 * Answers a request on a server of the application with the page.
 *
 * @returns `false` if the process has no exporter.
 */
export function answerMountedPage(request: MountedRequest, response: MountedResponse): boolean {
  const page = 'runtime' in state ? state.runtime.page : undefined
  page?.respond(request, response)
  return page !== undefined
}

/** The state of the sharing by Redis; `undefined` if this process shares nothing. */
export async function readForwarderStatus(): Promise<ForwarderStatus | undefined> {
  return await exporterRuntime()?.forwarderStatus()
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
  state = { kind: 'alone', settings: resolved, runtime }
  return runtime
}

function exporterRuntime(): PrimaryRuntime | undefined {
  return state.kind === 'alone' || state.kind === 'primary' ? state.runtime : undefined
}

/** A primary listens on behalf of the workers. The workers observe the servers. */
function isForWorkers(server: Server): boolean {
  return state.kind === 'primary' && !isHttpServer(server)
}

/** Reads the settings at the first call. */
function settings(checksFiles = true): Settings | undefined {
  if (state.kind === 'idle') state = stateOf(readSettings(checksFiles))
  return 'settings' in state ? state.settings : undefined
}

function stateOf(resolved: Settings | undefined): State {
  return resolved ? { kind: 'ready', settings: resolved } : { kind: 'off' }
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
