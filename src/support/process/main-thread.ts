import type * as Threads from 'node:worker_threads'
import { isLoaded } from './is-loaded.ts'

/**
 * `isMainThread` of `node:worker_threads`. Node has loaded the internals of that module in each
 * thread. In the main thread of a small program, the module would cost 1.5 to 2 ms.
 */
export function isMainThread(): boolean {
  return !isLoaded('internal/worker/io') || threads().isMainThread
}

function threads(): Pick<typeof Threads, 'isMainThread'> {
  return process.getBuiltinModule('node:worker_threads')
}
