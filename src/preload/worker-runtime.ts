import type { Worker } from 'node:cluster'
import { watched } from '../collect/counts/count-places.ts'
import { environment } from '../config/environment.ts'
import {
  hasPreloadedParent,
  hasSidecarVariable,
  isForkedByPm2,
} from '../config/preloaded-parent.ts'
import { nameOf } from '../config/setting-names.ts'
import type { Settings } from '../config/settings.ts'
import { filesVariable, memoryVariable } from '../config/variables.ts'
import { CountMemory } from '../crash-file/memory/count-memory.ts'
import { openMemory, parseHandedMemory } from '../crash-file/memory/handed-memory.ts'
import { CrashSafeCounts } from '../crash-file/recorder.ts'
import { CrashFiles } from '../crash-file/store.ts'
import { parseWorkersDirectory, type WorkersDirectory } from '../files/workers-directory.ts'
import { startWatchdog } from '../hang-stacks/process-watchdog.ts'
import { relayLimits } from '../limits/relay.ts'
import { log } from '../log/log.ts'
import { coded } from '../model/errors/coded-text.ts'
import { MountedPage } from '../mount/mounted-page.ts'
import { PageServerLocator } from '../mount/page-server-locator.ts'
import { pageServerQuestion } from '../relay/ipc.ts'
import { WorkerReporter } from '../relay/worker-reporter.ts'
import { sharedDirectory } from '../share/directory/shared-directory.ts'
import { messageOf } from '../support/error-message.ts'
import { startSeconds } from '../support/process/process-identity.ts'
import { shortCopy } from '../support/short-copy.ts'
import { watchPrimary } from './advice/unpreloaded-primary.ts'
import type { ProcessMetrics } from './metrics/process-metrics.ts'

export interface WorkerRuntimeOptions {
  readonly worker: Worker
  readonly settings: Settings
  readonly metrics: ProcessMetrics
  readonly onFault: (component: string) => void
}

/** A cluster worker of a preloaded primary. Reports to the primary and keeps crash-safe counts. */
export class WorkerRuntime {
  /** For request handlers of the application in this process. */
  readonly page: MountedPage
  readonly #reporter: WorkerReporter

  constructor(options: WorkerRuntimeOptions) {
    const { worker, settings, metrics, onFault } = options
    const directory = handedDirectory(settings)
    const handed = handedMemory(directory !== undefined)
    if (directory) {
      keepCrashSafeCounts(options, directory, handed.memory)
      watchEventLoop(options, directory)
    }
    const { refusal: memoryRefusal } = handed
    const heardPrimary = watchPrimary()
    const locator = new PageServerLocator(pageServerQuestion())
    this.page = new MountedPage({ locator, onFault })
    this.#reporter = new WorkerReporter({
      worker,
      stream: 'preload',
      directory,
      facts: () => ({
        ...metrics.sdk,
        ...(memoryRefusal !== undefined && { memoryRefusal }),
      }),
      collect: metrics.collect,
      collectNow: metrics.collectNow,
      onFault,
      onPageServer: (address) => {
        heardPrimary()
        locator.open(address)
      },
      onResync: heardPrimary,
      beforeLast: () => metrics.endOpenRequests(),
      uncaughtError: () => metrics.uncaughtError,
      warn: (text) => warnOfDirectory(settings, text),
    })
  }

  /** The next report contains every series again. */
  resetBaseline(): void {
    this.#reporter.resetBaseline()
  }
}

/** The directory of the primary; undefined where the primary or this process allows no files. */
function handedDirectory({ multiprocDir }: Settings): WorkersDirectory | undefined {
  const handed = parseWorkersDirectory(environment()[filesVariable], process.ppid)
  // The application and its child processes find their own variables only.
  Reflect.deleteProperty(environment(), filesVariable)
  return multiprocDir === undefined ? undefined : handed
}

interface MemoryOfWorker {
  /** Undefined: use a file. */
  readonly memory?: ArrayBuffer | undefined
  /** Why this process cannot use the memory: half a sentence. */
  readonly refusal?: string
}

/** The memory that the primary made for the counts of this process. */
function handedMemory(isUsed: boolean): MemoryOfWorker {
  const handed = parseHandedMemory(environment()[memoryVariable], process.ppid)
  Reflect.deleteProperty(environment(), memoryVariable)
  try {
    return { memory: handed && isUsed ? openMemory(handed, process.ppid) : undefined }
  } catch (error) {
    const refusal = messageOf(error)
    log.debug(`the counts of this worker are in a file: ${refusal}`)
    return { refusal: shortCopy(refusal, relayLimits.errorChars) }
  }
}

/** The primary reads memory or file if this worker is killed. */
function keepCrashSafeCounts(
  options: WorkerRuntimeOptions,
  directory: WorkersDirectory,
  memory: ArrayBuffer | undefined,
): void {
  const { worker, settings, metrics, onFault } = options
  const collector = metrics.start()
  const source = { forkNumber: worker.id, pid: process.pid, startSeconds }
  if (settings.crashFiles === 'response') collector.countEarly()
  if (memory) {
    const places = watched(new CountMemory(memory, source), () => onFault('crash_file_limit'))
    collector.requestCounts.moveTo(places)
    return
  }
  if (tracesSyncIo()) return
  const files = new CrashFiles({ directory, keepsFiles: false })
  new CrashSafeCounts({
    requestCounts: collector.requestCounts,
    write: settings.crashFiles,
    open: () => files.create(source),
    holds: (file) => files.holds(file, worker.id),
    onFault,
    warn: (text) => warnOfDirectory(settings, text),
  })
}

/** Warns about a file in the directory for crash-safe counts, and names the directory's setting. */
function warnOfDirectory(settings: Settings, text: string): void {
  log.warn(coded('GPE_CRASH_FILES', `${text} (see ${nameOf(settings, 'multiprocDir')})`))
}

/** A worker that hangs leaves its stack in the directory of the primary. */
function watchEventLoop(
  { worker, settings, onFault }: WorkerRuntimeOptions,
  directory: WorkersDirectory,
): void {
  const destination = { kind: 'file', directory, forkNumber: worker.id } as const
  startWatchdog({ settings, destination, onFault })
}

/** With `--trace-sync-io`, Node would print a trace for every write to the crash file. */
function tracesSyncIo(): boolean {
  const flags = [...process.execArgv, environment()['NODE_OPTIONS'] ?? '']
  return flags.some((flag) => flag.includes('--trace-sync-io'))
}

/** The parent reads no reports, for example PM2. The worker writes to the shared directory. */
export function hasUnknownParent(resolved: Settings): boolean {
  if (!(hasSidecarVariable() || isForkedByPm2()) || hasPreloadedParent()) return false
  if (sharedDirectory(resolved) !== undefined) return true
  if (isForkedByPm2()) tellPm2()
  return false
}

/** One worker of PM2 speaks for all. */
function tellPm2(): void {
  if (Number(environment()['NODE_APP_INSTANCE'] ?? 0) !== 0) return
  log.warn(coded('GPE_PM2_WITHOUT_DIRECTORY', noDirectory))
}

const noDirectory =
  'no metrics: PM2 forks the workers of its cluster mode from a daemon without the preload, so ' +
  'no process reads their metrics. Set PROMETHEUS_SHARED_DIR to a directory and run ' +
  '"gunicorn-prometheus-exporter serve --shared-dir" with the same directory, or use the fork ' +
  'mode. See docs/sidecar.md#pm2.'
