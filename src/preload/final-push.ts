import type { ChildProcess } from 'node:child_process'
import type { ExporterThread } from '../exporter/thread.ts'
import { limits } from '../limits.ts'
import { cutOff } from '../relay/ipc.ts'

export interface LastPushOptions {
  readonly thread: ExporterThread
  /** The live workers by age. */
  readonly workers: Iterable<readonly [age: number, child: ChildProcess]>
  /** How long one export may take, milliseconds. */
  readonly timeoutMs: number
}

/**
 * In the process's last moments: has everything pushed once more and blocks until that is done, for
 * `limits.lastPushMs` at most. Workers are cut off first, so that what they know can be pushed too.
 */
export function waitForLastPush({ thread, workers, timeoutMs }: LastPushOptions): void {
  const ages = Array.from(workers).flatMap(([age, child]) => (cutOff(child) ? [age] : []))
  const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  thread.post({ kind: 'end', ages, done })
  Atomics.wait(done, 0, 0, Math.min(timeoutMs, limits.lastPushMs))
}
