import { clearTimeout, nextTick, setTimeout } from './intrinsics/timers.ts'

/** The result of `withTimeLimit` after the time limit. */
export const late: unique symbol = Symbol('late')

/**
 * Settles like the promise; resolves with `late` after `ms` milliseconds. Keeps no process alive. A
 * late rejection causes no `unhandledRejection`.
 */
export async function withTimeLimit<T>(promise: Promise<T>, ms: number): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined
  let isSettled = false
  const end = new Promise<typeof late>((resolve) => {
    afterMicrotasks(() => {
      if (!isSettled) timer = setTimeout(resolve, ms, late).unref()
    })
  })
  try {
    return await Promise.race([promise, end])
  } finally {
    isSettled = true
    clearTimeout(timer)
  }
}

/**
 * Most promises settle in the same turn, and need no timer. Node wakes an idle event loop for a
 * timer that was cleared, too.
 */
function afterMicrotasks(act: () => void): void {
  // Node runs a tick of a microtask when no microtask is left.
  Promise.resolve()
    .then(() => nextTick(act))
    .catch(() => {})
}
