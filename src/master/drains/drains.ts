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

/** Calls all functions of `onDrain()`, now and later. @param call calls a single function. */
export function beginDrain(call: (listener: DrainListener) => void): void {
  const drains = sharedDrains()
  drains.begin = call
  for (const listener of drains.listeners) call(listener)
  drains.listeners.clear()
}

export function sharedDrains(): Drains {
  const known: Drains | undefined = Reflect.get(globalThis, drainsKey)
  if (known) return known
  const drains: Drains = { listeners: new Set(), begin: undefined }
  // The application can have frozen the global object.
  Reflect.defineProperty(globalThis, drainsKey, { value: drains })
  return drains
}
