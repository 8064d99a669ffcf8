import type { Cluster } from 'node:cluster'
import type { Server } from 'node:net'
import { onFirstFork, primaryCluster, workerCluster } from '../collect/cluster/forks.ts'
import { observeSignals } from '../collect/cluster/signals.ts'
import { addToWorkers } from '../collect/cluster/worker-variables.ts'
import { watchFrameworks } from '../collect/http/frameworks/early-frameworks.ts'
import { onListen } from '../collect/servers/listening.ts'
import { openServers } from '../collect/servers/open-servers.ts'
import { environment } from '../config/environment.ts'
import { announceParent, hasSidecarVariable, isDaemonOfPm2 } from '../config/preloaded-parent.ts'
import { configVariable, defaultFile } from '../config/variables.ts'
import { version } from '../model/version.ts'
import { offerProvider } from '../otel/offered-provider.ts'
import { type ProgramTexts, preloadKey } from '../support/preload-key.ts'
import { canSee } from '../support/process/can-see.ts'
import { isMainThread } from '../support/process/main-thread.ts'
import { hiddenInstruments, secondCopy, unknownApi } from './advice/advice.ts'
import { attempt } from './advice/attempt.ts'
import type { Preload } from './preload.ts'
import type * as RuntimeModule from './runtime.ts'

/*
 * The preload waits for a listening server, a forked worker, or the first use of OTel's metrics
 * API. Until then, the preload loads and runs nothing. In threads, the preload never does anything.
 */

export interface PreloadOptions {
  /** Loads the runtime at the first call. */
  readonly runtime: () => typeof RuntimeModule
  /** Finds packages that the application installs. */
  readonly load: () => NodeJS.Require
  /** The programs of the threads, if the preload is in a bundle. */
  readonly programTexts?: ProgramTexts | undefined
}

/** Starts the preload, at most once in a process. Never throws. */
export function startPreload(options: PreloadOptions): void {
  if (!isMainThread() || environment()['OTEL_SDK_DISABLED'] === 'true') return
  const { runtime, programTexts } = options
  if (preloadKey in globalThis) {
    attempt(() => checkVersion(Reflect.get(globalThis, preloadKey), runtime))
    return
  }
  const preload: Preload = {
    answer: (...values) => runtime().answerMountedPage(...values),
    forwarderStatus: async () => await runtime().readForwarderStatus(),
    tellsDeaths: () => runtime().tellsDeaths(),
    programTexts,
    version,
  }
  attempt(() => {
    // Throws if the application has frozen the global object.
    Object.defineProperty(globalThis, preloadKey, { value: preload })
    watch(options)
  })
}

/** One process can load both flavours of one version. */
function checkVersion(running: Partial<Preload>, runtime: PreloadOptions['runtime']): void {
  if (running.version === version || running.version === undefined) return
  runtime().tell(secondCopy([running.version, version]))
}

function watch({ runtime, load }: PreloadOptions): void {
  attempt(() => watchFrameworks(mayTellOperations()), withoutRoutes)
  const cluster = workerCluster()
  if (cluster) attempt(() => runtime().startWorker(cluster))
  // After the start of a worker, because instruments of an earlier SDK need the settings.
  attempt(() =>
    offerProvider({
      provider: (isShared) =>
        attempt(() => runtime().applicationProvider(isShared), withoutMetrics),
      load,
      // The command `doctor` cannot see this order.
      onHidden: () => runtime().tell(hiddenInstruments, () => ''),
      onUnknown: () => attempt(() => runtime().tell(unknownApi, () => ''), withoutMetrics),
      onFault: () => attempt(() => runtime().countFault('instrument'), withoutMetrics),
    }),
  )
  if (cluster) return
  if (hasSidecarVariable() || isDaemonOfPm2()) attempt(announceParent)
  let hasRuntime = false
  // Start now: a signal with an earlier listener would not be observed.
  attempt(() =>
    observeSignals((reason) => {
      if (hasRuntime) attempt(() => runtime().takeSignal(reason))
    }),
  )
  const stop = addToWorkers(
    (forkNumber) => attempt(() => runtime().prepareFork(forkNumber)) ?? {},
    () => attempt(() => runtime().countFault('worker_variables')),
    (forkNumber) => attempt(() => runtime().forgetFork(forkNumber)),
  )
  const startPrimary = (primary: Cluster): void => {
    hasRuntime = true
    // The runtime prepares later forks.
    stop()
    attempt(() => runtime().startPrimary(primary))
  }
  const forking = primaryCluster()
  if (forking) startPrimary(forking)
  else onFirstFork(startPrimary)
  const startServer = (server: Server): boolean => {
    hasRuntime = true
    return attempt(() => runtime().startServer(server)) ?? true
  }
  // The application can load the preload after its servers.
  if (!openServers().some(startServer)) onListen(startServer, () => {})
}

const withoutRoutes = 'the routes of some frameworks are left out'
const withoutMetrics = 'the metrics of the application are left out'

/** Whether the setting can be on. ES modules load before the exporter reads the settings. */
function mayTellOperations(): boolean {
  const { GUNICORN_HTTP_GRAPHQL: value, [configVariable]: file } = environment()
  return value !== undefined || file !== undefined || canSee(defaultFile)
}
