import { firstTaken } from './first-taken.ts'

/** `Date` of Node. Fake timers of a test replace the global name. */
export const NodeDate: DateConstructor = firstTaken('Date', () => Date)

/** Unix milliseconds of the system's clock. */
export const unixNow: () => number = firstTaken('unixNow', () => Date.now)
