import { performance } from 'node:perf_hooks'
import { firstTaken } from './first-taken.ts'

/** Milliseconds since the start of the process. The value never goes back. */
export const monotonicNow: () => number = firstTaken('now', () => performance.now.bind(performance))

/** When the process started, Unix milliseconds. */
export const timeOrigin: number = firstTaken('timeOrigin', () => performance.timeOrigin)

/** Nanoseconds of the monotonic clock that all threads share. */
export const hrtime: () => bigint = firstTaken('hrtime', () => process.hrtime.bigint)
