import { performance } from 'node:perf_hooks'

/** The global key of the function: the preload and its runtime are separate bundles. */
const nowKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.now')

/**
 * Milliseconds since the start of the process. The value never goes back. The first bundle of this
 * package takes the function, before the application can replace it by a function that throws, or
 * by a clock that stands still.
 */
export const monotonicNow: () => number = firstTaken()

function firstTaken(): () => number {
  const known: unknown = Reflect.get(globalThis, nowKey)
  if (typeof known === 'function') return known as () => number
  const taken = performance.now.bind(performance)
  Object.defineProperty(globalThis, nowKey, { value: taken })
  return taken
}
