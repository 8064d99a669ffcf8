import { dirname } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { environment } from '../config/environment.ts'
import { type OwnProgram, threadSource } from '../files/own-program.ts'
import { exporterLimits } from '../limits/exporter.ts'
import { shareLimits } from '../limits/share.ts'
import { hiddenThread } from '../support/hidden-thread.ts'
import { workerThreads } from '../support/process/main-thread.ts'
import { NamedPaths } from '../support/process/named-paths.ts'
import type { FromThread, Restarts, ThreadData, ToThread } from './thread-message.ts'

export interface ThreadOptions {
  readonly program: OwnProgram
  readonly data: ThreadData
  readonly onMessage: (message: FromThread) => void
  /** The thread crashed. `again`: a new thread has started, without any state. */
  readonly onCrash: (error: Error | undefined, again: boolean) => void
  /** Called for an error of the functions above. Must not throw. */
  readonly onFault?: () => void
}

export interface ExporterThread {
  readonly post: (message: ToThread) => void
  readonly stop: () => void
}

/** Starts the exporter thread, and restarts the thread after a crash. Keeps no process alive. */
export function startThread(options: ThreadOptions): ExporterThread {
  let restarts = 0
  const programNow = programThroughLinks(options.program)
  let isStopped = false
  let worker = start()

  function start(): Worker {
    const thread = hiddenThread(() => created({ ...options, program: programNow() }, restarts))
    let failure: Error | undefined
    thread.on('message', (message: FromThread) => guard(() => options.onMessage(message)))
    thread.on('error', (error: Error) => {
      failure = error
    })
    thread.on('exit', () => guard(() => crashed(failure)))
    // After the listeners: adding a listener for 'message' references the thread's port.
    thread.unref()
    return thread
  }

  /** An error of a listener would end the application. */
  function guard(act: () => void): void {
    try {
      act()
    } catch {
      options.onFault?.()
    }
  }

  function crashed(error: Error | undefined): void {
    if (isStopped) return
    restarts += 1
    const again = restarts <= exporterLimits.threadRestarts && startedAgain()
    options.onCrash(error, again)
  }

  function startedAgain(): boolean {
    try {
      worker = start()
      return true
    } catch {
      // The system can refuse a thread. An error thrown by a listener would end the application.
      return false
    }
  }

  return {
    post: (message) => worker.postMessage(message),
    stop() {
      isStopped = true
      worker.terminate().catch(() => {})
    },
  }
}

/** The release of this process can be gone when the thread starts again. */
function programThroughLinks(program: OwnProgram): () => OwnProgram {
  if (program.kind === 'text') return () => program
  const [, main = ''] = process.argv
  const names = new NamedPaths([environment()['PWD'], dirname(main)])
  return () => ({ ...program, path: names.existing(program.path) })
}

function created({ program, data }: ThreadOptions, restarts: number): Worker {
  const { source, isText } = threadSource(program, Boolean(data.push ?? data.share))
  return new (workerThreads().Worker)(source, {
    eval: isText,
    name: 'gunicorn-prometheus-exporter',
    workerData: { ...data, restarts } satisfies ThreadData & Restarts,
    // Without the preload and the application's flags.
    execArgv: [],
    env: data.push?.environment ?? {},
    // By default, Node pipes both to the application's streams and adds listeners there.
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: heapMb(data),
      maxYoungGenerationSizeMb: exporterLimits.threadYoungHeapMb,
    },
  })
}

/** Heap for all series on the page, also from Redis. Without the heap, each start crashes. */
function heapMb({ settings, share }: ThreadData): number {
  const series = settings.maxSeries + (share ? shareLimits.sharedSeries : 0)
  return Math.max(
    exporterLimits.threadHeapMb,
    Math.ceil((series * exporterLimits.threadSeriesBytes) / 2 ** 20),
  )
}
