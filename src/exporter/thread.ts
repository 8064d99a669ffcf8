import type { EventEmitter } from 'node:events'
import { Worker } from 'node:worker_threads'
import { exporterLimits } from '../limits/exporter.ts'
import { shareLimits } from '../limits/share.ts'
import type { FromThread, Restarts, ThreadData, ToThread } from './thread-message.ts'

export interface ThreadOptions {
  /** The thread's program. */
  readonly file: string
  readonly data: ThreadData
  readonly onMessage: (message: FromThread) => void
  /** The thread crashed; `again` tells whether a new one was started, which knows nothing yet. */
  readonly onCrash: (error: Error | undefined, again: boolean) => void
}

export interface ExporterThread {
  readonly post: (message: ToThread) => void
  readonly stop: () => void
}

/** Starts the exporter thread, and starts it again should it crash. It keeps no process alive. */
export function startThread(options: ThreadOptions): ExporterThread {
  let restarts = 0
  let isStopped = false
  let worker = start()

  function start(): Worker {
    const thread = unannounced(() => created(options, restarts))
    let failure: Error | undefined
    thread.on('message', options.onMessage)
    thread.on('error', (error: Error) => {
      failure = error
    })
    thread.on('exit', () => crashed(failure))
    // After the listeners: one for 'message' references the thread's port again.
    thread.unref()
    return thread
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
      // The system may have no thread to give. Thrown from the listener it would end the application.
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

function created({ file, data }: ThreadOptions, restarts: number): Worker {
  return new Worker(file, {
    name: 'gunicorn-prometheus-exporter',
    workerData: { ...data, restarts } satisfies ThreadData & Restarts,
    // Neither the preload nor the application's flags belong in this thread.
    execArgv: [],
    env: data.push?.environment ?? {},
    // Otherwise Node pipes both into the application's, which adds listeners to them.
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: heapMb(data),
      maxYoungGenerationSizeMb: exporterLimits.threadYoungHeapMb,
    },
  })
}

/** Enough for as many series as may be shown, others' from Redis among them: a thread without heap dies, and so does each that follows it. */
function heapMb({ settings, share }: ThreadData): number {
  const series = settings.maxSeries + (share ? shareLimits.sharedSeries : 0)
  return Math.max(
    exporterLimits.threadHeapMb,
    Math.ceil((series * exporterLimits.threadSeriesBytes) / 2 ** 20),
  )
}

/** In the next tick Node announces a new thread by the process's 'worker' event: not this one. */
function unannounced(create: () => Worker): Worker {
  const emitter: EventEmitter = process
  const before = Object.getOwnPropertyDescriptor(process, 'emit')
  const { emit } = emitter
  const thread = create()
  function silent(this: EventEmitter, name: string | symbol, ...rest: unknown[]): boolean {
    if (name !== 'worker' || rest[0] !== thread) return emit.call(this, name, ...rest)
    if (emitter.emit === silent) {
      if (before) Object.defineProperty(process, 'emit', before)
      else Reflect.deleteProperty(process, 'emit')
    }
    return false
  }
  try {
    Object.defineProperty(process, 'emit', {
      configurable: true,
      enumerable: false,
      writable: true,
      value: silent,
    })
  } catch {
    // It is announced, then.
  }
  return thread
}
