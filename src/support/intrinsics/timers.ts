import * as timers from 'node:timers'
import { firstTaken } from './first-taken.ts'

/*
 * Code in the process of an application uses these functions: fake timers of a test would stop the
 * exporter, and the test would count the timers of the exporter.
 */

type Timers = typeof timers

export const setTimeout: Timers['setTimeout'] = firstTaken('setTimeout', () => timers.setTimeout)

export const clearTimeout: Timers['clearTimeout'] = firstTaken(
  'clearTimeout',
  () => timers.clearTimeout,
)

export const setInterval: Timers['setInterval'] = firstTaken(
  'setInterval',
  () => timers.setInterval,
)

export const clearInterval: Timers['clearInterval'] = firstTaken(
  'clearInterval',
  () => timers.clearInterval,
)

export const setImmediate: Timers['setImmediate'] = firstTaken(
  'setImmediate',
  () => timers.setImmediate,
)

export const clearImmediate: Timers['clearImmediate'] = firstTaken(
  'clearImmediate',
  () => timers.clearImmediate,
)

export const nextTick: typeof process.nextTick = firstTaken('nextTick', () => process.nextTick)
