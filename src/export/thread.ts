import { Worker } from 'node:worker_threads'
import { limits } from '../limits.ts'
import type { FromThread, ThreadData, ToThread } from './thread-message.ts'

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
    const thread = new Worker(options.file, {
      name: 'gunicorn-prometheus-exporter',
      workerData: options.data,
      // Neither the preload nor the application's flags belong in this thread.
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: limits.threadHeapMb },
    })
    let failure: Error | undefined
    thread.on('message', options.onMessage)
    thread.on('error', (error: Error) => {
      failure = error
    })
    thread.on('exit', () => crashed(failure))
    // Last: a 'message' listener that comes after it would keep the process alive again.
    thread.unref()
    return thread
  }

  function crashed(error: Error | undefined): void {
    if (isStopped) return
    restarts += 1
    const again = restarts <= limits.threadRestarts
    if (again) worker = start()
    options.onCrash(error, again)
  }

  return {
    post: (message) => worker.postMessage(message),
    stop() {
      isStopped = true
      worker.terminate().catch(() => {})
    },
  }
}
