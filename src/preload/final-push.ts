import type { ChildProcess } from 'node:child_process'
import type { ExporterThread } from '../exporter/thread.ts'
import { exporterLimits } from '../limits/exporter.ts'
import { closeChannel } from '../relay/ipc.ts'

export interface FinalPushOptions {
  readonly thread: ExporterThread
  /** The live workers by fork number. */
  readonly workers: Iterable<readonly [forkNumber: number, child: ChildProcess]>
  /** Time limit of an export, milliseconds. */
  readonly timeoutMs: number
}

/**
 * Makes the exporter thread push once more before the process ends. Blocks until the push is done,
 * for `exporterLimits.lastPushMs` at most. Closes the channels of the workers first, so that the
 * push contains their last reports.
 */
export function waitForFinalPush({ thread, workers, timeoutMs }: FinalPushOptions): void {
  const forkNumbers = Array.from(workers).flatMap(([forkNumber, child]) =>
    closeChannel(child) ? [forkNumber] : [],
  )
  const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  thread.post({ kind: 'end', forkNumbers, done })
  Atomics.wait(done, 0, 0, Math.min(timeoutMs, exporterLimits.lastPushMs))
}
