import type * as Threads from 'node:worker_threads'
import { isLoaded } from './is-loaded.ts'

const { getBuiltinModule } = process

/**
 * `isMainThread` of `node:worker_threads`. Node has loaded the internals of that module in each
 * thread. In the main thread of a small program, the module would cost 1.5 to 2 ms.
 */
export function isMainThread(): boolean {
  return !isLoaded('internal/worker/io') || workerThreads().isMainThread
}

/** `node:worker_threads`. Node loads the module at the first call. */
export function workerThreads(): Pick<typeof Threads, 'isMainThread' | 'Worker'> {
  return getBuiltinModule('node:worker_threads')
}
