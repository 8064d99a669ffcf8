import type { Cluster } from 'node:cluster'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import type { Server } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { environment } from './config/environment.ts'
import { offerProvider } from './offer-provider.ts'
import type * as RuntimeModule from './runtime.ts'

/*
 * The preload. It waits: for a listening server, for a forked worker, for the first use of OTel's
 * metrics API. Until then nothing is loaded and nothing runs; in threads nothing ever does.
 */

const brand = Symbol.for('gunicorn-prometheus-exporter.preload')
const load = createRequire(import.meta.url)

if (isMainThread && !(brand in globalThis) && environment()['OTEL_SDK_DISABLED'] !== 'true') {
  Object.defineProperty(globalThis, brand, { value: true })
  watch()
}

function watch(): void {
  const runtime = (): typeof RuntimeModule => load('./runtime.cjs')
  const listening = 'tracing:net.server.listen:asyncStart'
  const onListen = (message: unknown): void => {
    attempt(() => runtime().serve((message as { server: Server }).server))
  }
  const onChild = (): void => {
    if (!isLoaded('cluster')) return
    unsubscribe('child_process', onChild)
    attempt(() => runtime().lead(cluster()))
  }
  attempt(() => offerProvider(() => runtime().applicationProvider(), load))
  if (isLoaded('cluster') && cluster().isWorker) {
    attempt(() => runtime().work(cluster()))
    return
  }
  subscribe(listening, onListen)
  subscribe('child_process', onChild)
}

function cluster(): Cluster {
  return process.getBuiltinModule('node:cluster') as unknown as Cluster
}

/** Whether the application has loaded a core module; asking for one that it does without may break it. */
function isLoaded(name: string): boolean {
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] }
  return moduleLoadList?.includes(`NativeModule ${name}`) ?? true
}

/** Whatever goes wrong here is not the application's business. */
function attempt(act: () => void): void {
  try {
    act()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`gunicorn-prometheus-exporter: switched off: ${reason}\n`)
  }
}
