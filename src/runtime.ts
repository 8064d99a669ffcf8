import type { ChildProcess } from 'node:child_process'
import type { Cluster } from 'node:cluster'
import { createRequire } from 'node:module'
import type { Server } from 'node:net'
import { join } from 'node:path'
import type { MeterProvider } from '@opentelemetry/api'
import type * as Sdk from '@opentelemetry/sdk-metrics'
import { ClusterCollector } from './collect/cluster.ts'
import { errorTypeOf } from './collect/error-type.ts'
import { preloadProvider } from './collect/offered-provider.ts'
import { startSeconds } from './collect/process-identity.ts'
import { isHttpServer } from './collect/servers.ts'
import { observeSignals } from './collect/signals.ts'
import { collectWorker, type Observation, type WorkerCollector } from './collect/worker.ts'
import { environment } from './config/environment.ts'
import { resolveSettings, type Settings } from './config/settings.ts'
import { type ExporterThread, startThread } from './export/thread.ts'
import { type FromThread, ownAge } from './export/thread-message.ts'
import { warnOnce } from './log.ts'
import { descriptorOf } from './model/catalog.ts'
import type { ClusterEvent } from './model/cluster-event.ts'
import type { Metric } from './model/metric.ts'
import { type ApplicationMetrics, applicationMetrics } from './relay/application-metrics.ts'
import { ipcCarrier, onReport, onResync, requestResync } from './relay/ipc.ts'
import { lastReportPath, privateDirectory, writeLastReport } from './relay/last-report.ts'
import type { Source } from './relay/report.ts'
import { type Carrier, Reporter } from './relay/reporter.ts'

/*
 * What the preload becomes once something listens, forks or measures: the only file that knows all
 * parts. A process has one of these modules, so its state is the process's.
 */

const load = createRequire(import.meta.url)

let settings: Settings | 'off' | undefined
let application: ApplicationMetrics | undefined
let collector: WorkerCollector | undefined
let reporter: Reporter | undefined
let thread: ExporterThread | undefined
let cluster: Cluster | undefined
let lastError: string | undefined
/** The primary's live workers by age. */
const children = new Map<number, ChildProcess>()

/**
 * A server of a process that is no cluster worker listens.
 * @returns whether the next servers need not be told: either they are found now, or never wanted.
 */
export function serve(server: Server): boolean {
  const { resolved } = configuration()
  if (!resolved) return true
  // What a primary listens on for its workers is no server of its own.
  if (cluster && !isHttpServer(server)) return false
  collector ??= collectOwn()
  collector.adopt(server)
  reporter?.startOver()
  reportToThread(resolved)
  return true
}

/** This process forks cluster workers. */
export function lead(node: Cluster): void {
  const { resolved } = configuration()
  if (!resolved || cluster) return
  cluster = node
  reporter?.startOver()
  reportToThread(resolved)
  new ClusterCollector(node, { onEvent: tellEvent, onWorker: receiveFrom, onFault: countFault })
  try {
    observeSignals((reason) => tellEvent({ kind: 'signal', reason }))
  } catch {
    // The application's `process.emit` is not to be replaced.
    countFault('signals')
  }
}

/** This process is a cluster worker. */
export function work(node: Cluster): void {
  const { resolved } = configuration()
  const age = node.worker?.id
  if (!resolved || age === undefined) return
  collector = collectOwn()
  const carrier = ipcCarrier(leaveLastReport(resolved, age))
  const worker = new Reporter({
    carrier,
    source: () => ({ role: 'worker', age, startSeconds, pid: process.pid }),
    collect: collectAll,
    collectNow,
    onFault: countFault,
  })
  onResync(() => worker.startOver())
  const flush = (): void => {
    collector?.endOpenRequests(lastError ?? 'aborted')
    worker.flush()
  }
  process.on('exit', flush)
  beforeDisconnect(() => worker.flush())
}

/** A MeterProvider for an application that registered none; undefined where there is none to give. */
export function applicationProvider(): MeterProvider | undefined {
  if (!configuration().resolved) return undefined
  application ??= applicationMetrics(load('@opentelemetry/sdk-metrics') as typeof Sdk)
  Object.defineProperty(application.provider, preloadProvider, { value: true })
  return application.provider
}

function configuration(): { resolved: Settings | undefined } {
  settings ??= resolve()
  return { resolved: settings === 'off' ? undefined : settings }
}

function resolve(): Settings | 'off' {
  const resolution = resolveSettings(environment(), { multiprocDir: privateDirectory() })
  if (resolution.kind === 'settings') return resolution.settings
  if (resolution.kind === 'faults') warnOnce(`switched off: ${resolution.faults.join(' ')}`)
  return 'off'
}

function reportToThread(resolved: Settings): void {
  if (thread) return
  const exporter = startThread({
    file: join(import.meta.dirname, 'exporter-thread.cjs'),
    data: { settings: resolved, primaryPid: process.pid },
    onMessage: hear,
    onCrash: recover,
  })
  thread = exporter
  const send = (text: string): void => exporter.post({ kind: 'report', age: ownAge, text })
  const carrier: Carrier = {
    send(text, done) {
      send(text)
      done()
    },
    sendLast: send,
  }
  reporter = new Reporter({
    carrier,
    source: ownSource,
    collect: collectAll,
    collectNow,
    onFault: countFault,
  })
}

function ownSource(): Source {
  const role = cluster && !collector ? 'primary' : 'single'
  return { role, age: cluster ? 0 : 1, startSeconds, pid: process.pid }
}

function receiveFrom(age: number, child: ChildProcess): void {
  children.set(age, child)
  onReport(child, (text) => thread?.post({ kind: 'report', age, text }))
}

function tellEvent(event: ClusterEvent): void {
  if (event.kind === 'ended') children.delete(event.age)
  thread?.post({ kind: 'event', event })
}

function hear(message: FromThread): void {
  if (message.kind === 'bind failed') {
    warnOnce(`the metrics endpoint cannot listen, trying again: ${message.message}`)
  }
  if (message.kind !== 'resync') return
  const child = children.get(message.age)
  if (child) requestResync(child)
  if (message.age === ownAge) reporter?.startOver()
}

/** A new thread knows nothing: everybody says everything again. What ended workers left is lost. */
function recover(error: Error | undefined, again: boolean): void {
  warnOnce(
    `the exporter thread ended (${error?.message ?? 'no reason given'}); ${again ? 'started again' : 'giving up'}`,
  )
  if (!again) return
  thread?.post({ kind: 'fault', part: 'thread' })
  for (const [age, child] of children) {
    tellEvent({ kind: 'forked', age, at: Date.now() })
    requestResync(child)
  }
  reporter?.startOver()
}

async function collectAll(): Promise<readonly Metric[]> {
  const own = ownMetrics()
  return application ? [...own, ...(await application.collect())] : own
}

function collectNow(): readonly Metric[] {
  return application ? [...ownMetrics(), ...application.collectNow()] : ownMetrics()
}

function ownMetrics(): Metric[] {
  if (!collector) return []
  return [...collector.observations, ...collector.histograms].map(read)
}

function read({ declaration, points }: Observation): Metric {
  return { descriptor: descriptorOf(declaration), points: points() }
}

function collectOwn(): WorkerCollector {
  // An uncaught error ends the requests that are open; its name is why they failed.
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    lastError = errorTypeOf(error)
  })
  return collectWorker()
}

/** A worker that disconnects lives on without a channel: what it knows must leave before. */
function beforeDisconnect(flush: () => void): void {
  const disconnect = process.disconnect
  if (typeof disconnect !== 'function') return
  Object.defineProperty(process, 'disconnect', {
    configurable: true,
    enumerable: true,
    writable: true,
    value: function flushThenDisconnect(this: NodeJS.Process) {
      flush()
      return disconnect.call(this)
    },
  })
}

function leaveLastReport({ multiprocDir }: Settings, age: number): (text: string) => void {
  const primaryPid = process.ppid
  return (text) => {
    // Without a primary there is nobody to read it.
    if (multiprocDir === undefined || process.ppid !== primaryPid) return
    try {
      writeLastReport(lastReportPath(multiprocDir, primaryPid, age), multiprocDir, text)
    } catch (error) {
      warnOnce(`a last report is lost: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

function countFault(part: string): void {
  if (collector) collector.countFault(part)
  else thread?.post({ kind: 'fault', part })
}
