import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'
import { onFirstFork, workerCluster } from '../collect/cluster/forks.ts'
import { observeSignals } from '../collect/cluster/signals.ts'
import { onListen } from '../collect/servers/on-listen.ts'
import { environment } from '../config/environment.ts'
import { announceParent, hasSidecarVariable } from '../config/preloaded-parent.ts'
import { log, parseLogLevel, setLogLevel } from '../log/log.ts'
import { offerProvider } from '../otel/offered-provider.ts'
import { messageOf } from '../support/error-message.ts'
import { type Preload, preloadKey } from './preload.ts'
import type * as RuntimeModule from './runtime.ts'

/*
 * The preload. It waits: for a listening server, for a forked worker, for the first use of OTel's
 * metrics API. Until then nothing is loaded and nothing runs; in threads nothing ever does.
 */

const load = createRequire(import.meta.url)
const runtime = (): typeof RuntimeModule => load('./runtime.cjs')

if (isMainThread && !(preloadKey in globalThis) && environment()['OTEL_SDK_DISABLED'] !== 'true') {
  const preload: Preload = {
    answer: (...values) => runtime().answerMountedPage(...values),
    forwarderStatus: async () => await runtime().readForwarderStatus(),
  }
  Object.defineProperty(globalThis, preloadKey, { value: preload })
  watch()
}

function watch(): void {
  attempt(() =>
    offerProvider((isShared) => attempt(() => runtime().applicationProvider(isShared)), load),
  )
  const cluster = workerCluster()
  if (cluster) {
    attempt(() => runtime().startWorker(cluster))
    return
  }
  if (hasSidecarVariable()) attempt(announceParent)
  let tell: ReturnType<typeof RuntimeModule.startPrimary>
  // From the beginning: signals that the application listens for before it forks would not be seen later.
  attempt(() => observeSignals((reason) => tell?.({ kind: 'signal', reason })))
  onFirstFork((primary) => {
    tell = attempt(() => runtime().startPrimary(primary))
  })
  onListen((server) => attempt(() => runtime().startServer(server)) ?? true)
}

/** Whatever goes wrong here is not the application's business. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    // The runtime, which may not even have been loaded, has its own.
    setLogLevel(parseLogLevel(environment()['OTEL_LOG_LEVEL'] ?? '') ?? 'warn')
    log.error(`switched off: ${messageOf(error)}`)
    return undefined
  }
}
