import type { Cluster } from 'node:cluster'
import type { Server } from 'node:net'
import type { MeterProvider } from '@opentelemetry/api'
import { workerCluster } from './collect/forks.ts'
import { onListen } from './collect/on-listen.ts'
import { startSeconds } from './collect/process-identity.ts'
import { isHttpServer } from './collect/servers.ts'
import { isExporterListening, StrayServers } from './collect/stray-servers.ts'
import { startCompanions } from './companions.ts'
import { configVariable, findConfigFile } from './config/config-file.ts'
import { environment } from './config/environment.ts'
import { resolveSettings } from './config/resolve.ts'
import { companionsOf, isOn, type Settings } from './config/settings.ts'
import { Doorway } from './export/doorway.ts'
import { MountedPage } from './export/mounted-page.ts'
import type { MountedRequest, MountedResponse } from './export/refuse.ts'
import { Leader, type LeadOptions, type Tell } from './leader.ts'
import { diagnose, log, parseLogLevel, setLogLevel } from './log.ts'
import { messageOf } from './message-of.ts'
import { type Death, deathLevel, deathText } from './model/death.ts'
import { strayText } from './model/stray.ts'
import { ProcessMetrics } from './process-metrics.ts'
import { beforeDisconnect } from './relay/before-disconnect.ts'
import { doorQuestion, hearPrimary, ipcCarrier } from './relay/ipc.ts'
import { leaveLastReport } from './relay/leave-last-report.ts'
import { Reporter } from './relay/reporter.ts'

/*
 * What the preload becomes once something listens, forks or measures. A process has one of these
 * modules, so its state is the process's.
 */

const metrics = new ProcessMetrics({
  onFault: countFault,
  durationBuckets: () => configuration()?.durationBuckets,
})
let settings: Settings | 'off' | undefined
let leader: Leader | undefined
/** A worker's; the leader has its own. */
let page: MountedPage | undefined
/** A worker's; the leader has its own. */
let startOver: (() => void) | undefined
let isWatchingStrays = false
/** Silences OTel's instrumentations that were asked for; undefined before they have started. */
let silence: (() => void) | undefined
const mainProcess = 'the main process'

/** Settings of a master, which has read them with its command line. */
export function configure(resolved: Settings): void {
  settings = adopted(resolved)
}

/**
 * A server of a process that is no cluster worker listens.
 * @returns whether the next servers need not be told: either they are found now, or never wanted.
 */
export function serve(server: Server): boolean {
  const resolved = configuration()
  if (!resolved) return true
  // What a primary listens on for its workers is no server of its own.
  if (leader?.isPrimary && !isHttpServer(server)) return false
  // Nor is the endpoint of an SDK that the application brings: it serves nobody's requests.
  if (isExporterListening()) {
    watchStrays(resolved, mainProcess)
    return false
  }
  metrics.adopt(server)
  accompany(resolved)
  leader?.startOver()
  leader ??= newLeader(resolved)
  return true
}

/**
 * This process forks cluster workers.
 * @param options what a master has to say of its workers and wants to hear; without one, deaths go to OTel's `diag`.
 * @returns how to tell what else happens to them; undefined where nobody is to be told.
 */
export function lead(cluster: Cluster, options?: LeadOptions): Tell | undefined {
  const resolved = configuration()
  if (!resolved || leader?.isPrimary) return undefined
  leader ??= newLeader(resolved)
  return leader.lead(cluster, { onDeath: tellDeath, ...options })
}

/** This process is a cluster worker. */
export function work(cluster: Cluster): void {
  const resolved = configuration(false)
  const age = cluster.worker?.id
  if (!resolved || age === undefined) return
  metrics.start()
  watchStrays(resolved, `worker ${age}`)
  if (companionsOf(resolved).length > 0) {
    onListen(() => {
      accompany(resolved)
      return true
    })
  }
  const reporter = new Reporter({
    carrier: ipcCarrier(leaveLastReport({ age, directory: resolved.multiprocDir, warn: log.warn })),
    source: () => ({ role: 'worker', age, startSeconds, pid: process.pid, ...metrics.sdk }),
    collect: metrics.collect,
    collectNow: metrics.collectNow,
    onFault: countFault,
  })
  startOver = () => reporter.startOver()
  const doorway = new Doorway(doorQuestion())
  page = new MountedPage({ doorway, onFault: countFault })
  hearPrimary({
    onResync: () => reporter.startOver(),
    onDoor: (door) => doorway.open(door),
  })
  process.on('exit', () => {
    metrics.endOpenRequests()
    // A primary that ends first may have left in the channel what we sent last.
    const isCutOff = !process.connected && cluster.worker?.exitedAfterDisconnect !== true
    if (isCutOff) reporter.startOver()
    reporter.flush()
  })
  beforeDisconnect(() => reporter.flush())
}

/**
 * Answers a request on a server of the application's with the page.
 * @returns whether there is an exporter that could.
 */
export function answer(request: MountedRequest, response: MountedResponse): boolean {
  const mounted = page ?? leader?.page
  mounted?.answer(request, response)
  return mounted !== undefined
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
    silence?.()
    startOver?.()
    leader?.startOver()
  }
  return provider
}

/** Not before something listens: by then an SDK that the application preloads has shown itself. */
function accompany(resolved: Settings): void {
  const names = companionsOf(resolved)
  if (silence || names.length === 0) return
  silence = () => {}
  if (metrics.isShared) {
    log.info(
      `${names.join(' and ')} not started: the application's own OpenTelemetry SDK may have them`,
    )
    return
  }
  try {
    const warn = (text: string): void => log.warn(text)
    silence = startCompanions({ names, provider: metrics.provider(false), warn })
  } catch (error) {
    log.warn(`${names.join(' and ')} not started: ${messageOf(error)}`)
  }
}

function newLeader(resolved: Settings): Leader {
  watchStrays(resolved, mainProcess)
  return new Leader({ settings: resolved, metrics, onFault: countFault })
}

function watchStrays({ bindAddress, metricsPort }: Settings, name: string): void {
  if (isWatchingStrays) return
  isWatchingStrays = true
  new StrayServers({
    endpoint: { host: bindAddress, port: bindAddress.startsWith('unix:') ? 0 : metricsPort },
    isWorker: workerCluster() !== undefined,
    // Those of a primary for its workers: they tell it themselves.
    ignores: (server) => leader?.isPrimary === true && !isHttpServer(server),
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
  const file = findConfigFile(variables[configVariable])
  const resolution = resolveSettings({ environment: variables, file, checksFiles })
  if (resolution.kind === 'settings') {
    for (const text of resolution.warnings) log.warn(text)
    return adopted(resolution.settings)
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

/** @throws where a logger of the application's throws. */
function tellDeath(death: Death): void {
  diagnose(deathLevel(death) === 'info' ? 'info' : 'warn', deathText(death))
}

function countFault(part: string): void {
  if (!metrics.countFault(part)) leader?.countFault(part)
}
