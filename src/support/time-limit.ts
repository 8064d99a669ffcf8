import { clearTimeout, setTimeout } from './intrinsics/timers.ts'

/** The result of `withTimeLimit` after the time limit. */
export const late: unique symbol = Symbol('late')

/**
 * Settles like the promise; resolves with `late` after `ms` milliseconds. Keeps no process alive. A
 * late rejection causes no `unhandledRejection`.
 */
export async function withTimeLimit<T>(promise: Promise<T>, ms: number): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<typeof late>((resolve) => {
    timer = setTimeout(resolve, ms, late).unref()
  })
  try {
    return await Promise.race([promise, end])
  } finally {
    clearTimeout(timer)
  }
}
