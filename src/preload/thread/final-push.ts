import type { EndingWorker } from '../../exporter/ending-workers.ts'
import type { ExporterThread } from '../../exporter/thread.ts'
import { exporterLimits } from '../../limits/exporter.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { type KnownWorker, tellEnd } from '../../relay/primary-end.ts'

interface FinalPushOptions {
  readonly thread: ExporterThread
  readonly workers: readonly KnownWorker[]
  /** Time limit of an export, milliseconds. */
  readonly timeoutMs: number
  /** Further time for a hand-over to another master, milliseconds; 0 without a hand-over. */
  readonly handOverMs: number
  /** Called if the push, or a write to Redis or a directory, does not end in time. */
  readonly warn: (text: CodedText) => void
}

/**
 * Makes the exporter thread push once more before the process ends. Blocks until the push is done,
 * for `exporterLimits.lastPushMs` and the time of a hand-over at most. First tells the workers.
 * They end, and the push contains their last reports.
 */
function waitForFinalPush(options: FinalPushOptions): void {
  const { thread, workers, timeoutMs, handOverMs, warn } = options
  const ending = workers.flatMap((worker) => {
    const { pid } = worker.child
    return pid === undefined ? [] : [{ forkNumber: worker.forkNumber, pid, state: stateOf(worker) }]
  })
  const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  thread.post({ kind: 'end', workers: ending, done })
  const limitMs = Math.min(timeoutMs, exporterLimits.lastPushMs) + handOverMs
  if (Atomics.wait(done, 0, 0, limitMs) === 'timed-out')
    warn(coded('GPE_LAST_PUSH', lateText(limitMs)))
}

/** Tells a worker that may live. */
function stateOf({ child, hasReported }: KnownWorker): EndingWorker['state'] {
  if (child.exitCode !== null || child.signalCode !== null) return 'exited'
  if (!hasReported) return 'unheard'
  return tellEnd(child) ? 'told' : 'detached'
}

export interface LastPushOptions extends Pick<FinalPushOptions, 'thread' | 'timeoutMs' | 'warn'> {
  readonly workers: () => FinalPushOptions['workers']
  readonly handOverMs: () => number
  /** Makes this process report everything to the thread. */
  readonly report: () => void
}

/** The push at the end of a process, for another process that shows the last metrics. */
export class LastPush {
  readonly #options: LastPushOptions
  #isWanted = false

  constructor(options: LastPushOptions) {
    this.#options = options
  }

  /** Another process shows the metrics. */
  want(): void {
    this.#isWanted = true
  }

  /** Call this method in `'exit'`. */
  push(): void {
    if (!this.#isWanted) return
    const { workers, handOverMs, report, ...options } = this.#options
    try {
      report()
      waitForFinalPush({ ...options, workers: workers(), handOverMs: handOverMs() })
    } catch {
      // The process ends: no log and no metric could show the fault.
    }
  }
}

function lateText(limitMs: number): string {
  return `the last push or write has not ended after ${limitMs} ms: the last counts may be missing`
}
