import { firstTaken } from './first-taken.ts'

/*
 * `process.hrtime()` costs as much as `performance.now()`. Node loads the module of `performance`
 * with the first use, which would cost each process 0.7 ms at its start.
 */

/** Milliseconds of the monotonic clock that all processes and threads share. */
export const monotonicNow: () => number = firstTaken('now', () => {
  const { hrtime } = process
  return () => {
    // No destructuring: an iterator is much code in the path of each request.
    const time = hrtime()
    return time[0] * 1e3 + time[1] / 1e6
  }
})

/** When the process started, Unix milliseconds. */
export const timeOrigin: number = firstTaken(
  'timeOrigin',
  () => Date.now() - process.uptime() * 1_000,
)
