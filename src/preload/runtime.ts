import type { Cluster } from 'node:cluster'
import type { Server } from 'node:net'
import type { MeterProvider } from '@opentelemetry/api'
import { workerCluster } from '../collect/cluster/forks.ts'
import type { RequestCounts } from '../collect/counts/request-counts.ts'
import { onListen } from '../collect/servers/on-listen.ts'
import { isHttpServer } from '../collect/servers/servers.ts'
import { isExporterListening, StrayServers } from '../collect/servers/stray-servers.ts'
import { configVariable, findConfigFile } from '../config/config-file.ts'
import { environment } from '../config/environment.ts'
import { hasPreloadedParent, hasSidecarVariable } from '../config/preloaded-parent.ts'
import { resolveSettings } from '../config/resolve.ts'
import { isOn, otelInstrumentationsOf, type Settings } from '../config/settings.ts'
import { CrashSafeCounts } from '../crash-file/recorder.ts'
import { CrashFiles } from '../crash-file/store.ts'
import { log, parseLogLevel, setLogLevel } from '../log/log.ts'
import { logDeath } from '../log/log-death.ts'
import { strayText } from '../model/stray.ts'
import { MountedPage } from '../mount/mounted-page.ts'
import { PageServerLocator } from '../mount/page-server-locator.ts'
import type { MountedRequest, MountedResponse } from '../mount/refuse.ts'
import { pageServerQuestion } from '../relay/ipc.ts'
import { WorkerReporter } from '../relay/worker-reporter.ts'
import { sharedDirectory } from '../share/directory/shared-directory.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import { messageOf } from '../support/error-message.ts'
import { startSeconds } from '../support/process-identity.ts'
import { startOtelInstrumentations } from './otel-instrumentations.ts'
import { type EventSink, PrimaryRuntime, type WorkerCallbacks } from './primary.ts'
import { ProcessMetrics } from './process-metrics.ts'

/*
 * What the preload becomes once something listens, forks or measures. A process has one of these
 * modules, so its state is the process's.
 */

const metrics = new ProcessMetrics({
  onFault: countFault,
  durationBuckets: () => configuration()?.durationBuckets,
  isExponential: () =>
    configuration()?.histogramAggregation === 'base2_exponential_bucket_histogram',
})
let settings: Settings | 'off' | undefined
let primary: PrimaryRuntime | undefined
/** A worker's; the leader has its own. */
let page: MountedPage | undefined
/** A worker's; the leader has its own. */
let workerReports: WorkerReporter | undefined
let isWatchingStrays = false
/** Silences OTel's instrumentations that were asked for; undefined before they have started. */
let stopInstrumentations: (() => void) | undefined
const mainProcess = 'the main process'

/** Settings of a master, which has read them with its command line. */
export function configure(resolved: Settings): void {
  settings = adopted(resolved)
}

/**
 * A server of a process that is no cluster worker listens.
 * @returns whether the next servers need not be told: either they are found now, or never wanted.
 */
export function startServer(server: Server): boolean {
  const resolved = configuration()
  if (!resolved) return true
  // What a primary listens on for its workers is no server of its own.
  if (primary?.isPrimary && !isHttpServer(server)) return false
  // Nor is the endpoint of an SDK that the application brings: it serves nobody's requests.
  if (isExporterListening()) {
    watchStrays(resolved, mainProcess)
    return false
  }
  metrics.observeServer(server)
  startInstrumentations(resolved)
  primary?.resetBaseline()
  primary ??= newPrimary(resolved)
  return true
}

/**
 * This process forks cluster workers.
 * @param options what a master has to say of its workers and wants to hear; without one, deaths go to OTel's `diag`.
 * @returns how to tell what else happens to them; undefined where nobody is to be told.
 */
export function startPrimary(cluster: Cluster, options?: WorkerCallbacks): EventSink | undefined {
  const resolved = configuration()
  if (!resolved || primary?.isPrimary) return undefined
  primary ??= newPrimary(resolved)
  return primary.startWorkers(cluster, { onDeath: logDeath, ...options })
}

/** This process is a cluster worker. */
export function startWorker(cluster: Cluster): void {
  const resolved = configuration(false)
  const { worker } = cluster
  if (!resolved || !worker) return
  const { tally } = metrics.start()
  watchStrays(resolved, `worker ${worker.id}`)
  if (hasUnknownParent(resolved)) {
    workAlone(resolved, worker.id)
    return
  }
  keepCounts(resolved, worker.id, tally)
  if (otelInstrumentationsOf(resolved).length > 0) {
    onListen(() => {
      startInstrumentations(resolved)
      return true
    })
  }
  const locator = new PageServerLocator(pageServerQuestion())
  page = new MountedPage({ locator: locator, onFault: countFault })
  workerReports = new WorkerReporter({
    worker,
    line: 'preload',
    multiprocDir: resolved.multiprocDir,
    sdk: () => metrics.sdk,
    collect: metrics.collect,
    collectNow: metrics.collectNow,
    onFault: countFault,
    onPageServer: (address) => locator.open(address),
    beforeLast: () => metrics.endOpenRequests(),
    warn: log.warn,
  })
}

/** The primary, PM2's for example, hears no reports; there is a directory for them. */
function hasUnknownParent(resolved: Settings): boolean {
  const hasDirectory = sharedDirectory(resolved) !== undefined && hasSidecarVariable()
  return hasDirectory && !hasPreloadedParent()
}

/** A cluster worker becomes a process alone, once it listens. */
function workAlone(resolved: Settings, forkNumber: number): void {
  onListen(() => {
    startInstrumentations(resolved)
    primary ??= new PrimaryRuntime({ settings: resolved, metrics, onFault: countFault, forkNumber })
    return true
  })
}

/**
 * Answers a request on a server of the application's with the page.
 * @returns whether there is an exporter that could.
 */
export function answerMountedPage(request: MountedRequest, response: MountedResponse): boolean {
  const mounted = page ?? primary?.page
  mounted?.answer(request, response)
  return mounted !== undefined
}

/** The state of the sharing by Redis; undefined where there is none to tell. */
export async function readForwarderStatus(): Promise<ForwarderStatus | undefined> {
  return await primary?.forwarderStatus()
}

/**
 * A MeterProvider for the application's instruments; undefined where there is none to give.
 * @param isShared the application has one of its own, which exports them too.
 */
export function applicationProvider(isShared: boolean): MeterProvider | undefined {
  if (!configuration()) return undefined
  const isNews = isShared && !metrics.isShared
  const provider = metrics.provider(isShared)
  if (isNews) {
    // An SDK has instrumentations of its own.
    stopInstrumentations?.()
    workerReports?.resetBaseline()
    primary?.resetBaseline()
  }
  return provider
}

/** Should this worker be killed, its primary reads what it had counted. */
function keepCounts(
  { multiprocDir: parent }: Settings,
  forkNumber: number,
  tally: RequestCounts,
): void {
  if (parent === undefined || tracesSyncIo()) return
  const files = new CrashFiles({ parent, primaryPid: process.ppid, keepsFiles: false })
  const source = { forkNumber, pid: process.pid, startSeconds }
  new CrashSafeCounts({
    tally,
    open: () => files.create(source),
    onFault: countFault,
    warn: log.warn,
  })
}

/** Whether Node was asked to print a trace of whatever waits for the disk: it would of every write of ours. */
function tracesSyncIo(): boolean {
  const flags = [...process.execArgv, environment()['NODE_OPTIONS'] ?? '']
  return flags.some((flag) => flag.includes('--trace-sync-io'))
}

/** Not before something listens: by then an SDK that the application preloads has shown itself. */
function startInstrumentations(resolved: Settings): void {
  const names = otelInstrumentationsOf(resolved)
  if (stopInstrumentations || names.length === 0) return
  stopInstrumentations = () => {}
  if (metrics.isShared) {
    log.info(
      `${names.join(' and ')} not started: the application's own OpenTelemetry SDK may have them`,
    )
    return
  }
  try {
    const warn = (text: string): void => log.warn(text)
    stopInstrumentations = startOtelInstrumentations({
      names,
      provider: metrics.provider(false),
      warn,
    })
  } catch (error) {
    log.warn(`${names.join(' and ')} not started: ${messageOf(error)}`)
  }
}

function newPrimary(resolved: Settings): PrimaryRuntime {
  watchStrays(resolved, mainProcess)
  return new PrimaryRuntime({ settings: resolved, metrics, onFault: countFault })
}

function watchStrays({ bindAddress, metricsPort }: Settings, name: string): void {
  if (isWatchingStrays) return
  isWatchingStrays = true
  new StrayServers({
    endpoint: { host: bindAddress, port: bindAddress.startsWith('unix:') ? 0 : metricsPort },
    isWorker: workerCluster() !== undefined,
    // Those of a primary for its workers: they tell it themselves.
    ignores: (server) => primary?.isPrimary === true && !isHttpServer(server),
    onStray(stray) {
      const who = `${name} (pid ${process.pid}) of the application`
      log.warn(strayText({ ...stray, who }))
    },
    onFault: countFault,
  })
}

/** @param checksFiles whether the files that are named must be there: a worker's user may not see them. */
function configuration(checksFiles = true): Settings | undefined {
  settings ??= resolve(checksFiles)
  return settings === 'off' ? undefined : settings
}

function resolve(checksFiles: boolean): Settings | 'off' {
  const variables = environment()
  // Before anything is told: `none` is nothing, what is wrong with the configuration included.
  setLogLevel(parseLogLevel(variables['OTEL_LOG_LEVEL'] ?? '') ?? 'warn')
  const file = findConfigFile(variables[configVariable])
  const resolution = resolveSettings({ environment: variables, file, checksFiles })
  if (resolution.kind === 'settings') {
    for (const text of resolution.warnings) log.warn(text)
    const outcome = adopted(resolution.settings)
    for (const text of resolution.disregarded) log.debug(text)
    return outcome
  }
  log.error(`switched off: ${resolution.faults.join(' ')}`)
  return 'off'
}

function adopted(resolved: Settings): Settings | 'off' {
  setLogLevel(parseLogLevel(resolved.logLevel) ?? 'warn')
  if (!isOn(resolved)) {
    log.debug('switched off by the configuration')
    return 'off'
  }
  log.debug(`configuration resolved: ${resolved.bindAddress}, port ${resolved.metricsPort}`)
  return resolved
}

function countFault(part: string): void {
  if (!metrics.countFault(part)) primary?.countFault(part)
}
