import { codedError } from '../../model/errors/coded-error.ts'

/** Called when a drain begins. The worker waits for a returned promise. */
export type DrainListener = () => unknown

/** What the agent and the entry of the package share: they are two bundles. */
interface Drains {
  /** Bounded by the calls of the application. */
  readonly listeners: Set<DrainListener>
  /** Undefined until a drain begins. */
  begin: ((listener: DrainListener) => void) | undefined
}

const drainsKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.drains')

/**
 * Calls the function once, when the worker of a master begins to drain: at TERM, HUP, TTOU, WINCH
 * and `--max-requests`. The worker still serves open connections. If the function returns a
 * promise, the worker waits for the promise until the graceful timeout. If the drain has begun,
 * the function is called soon. Without a master, the function is never called.
 * @returns removes the function.
 */
export function onDrain(listener: DrainListener): () => void {
  if (typeof listener !== 'function') {
    const text = `onDrain() needs a function, and got ${typeof listener}.`
    throw codedError('GPE_ARGUMENT', text, { kind: TypeError })
  }
  const drains = sharedDrains()
  // The same function can be given twice.
  const own: DrainListener = () => listener()
  if (drains.begin) drains.begin(own)
  else drains.listeners.add(own)
  return () => void drains.listeners.delete(own)
}

/** Calls all functions of `onDrain()`, now and later. @param call calls a single function. */
export function beginDrain(call: (listener: DrainListener) => void): void {
  const drains = sharedDrains()
  drains.begin = call
  for (const listener of drains.listeners) call(listener)
  drains.listeners.clear()
}

function sharedDrains(): Drains {
  const known: Drains | undefined = Reflect.get(globalThis, drainsKey)
  if (known) return known
  const drains: Drains = { listeners: new Set(), begin: undefined }
  Object.defineProperty(globalThis, drainsKey, { value: drains })
  return drains
}
