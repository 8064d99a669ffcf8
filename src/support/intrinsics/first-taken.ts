/** The global key of the taken values: the preload and its runtime are separate bundles. */
const takenKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.taken')

/**
 * A function or a value of Node, as the first bundle of this package found it. An application and
 * its tests can replace timers and clocks before a later bundle loads.
 */
export function firstTaken<T>(name: string, take: () => T): T {
  const taken = allTaken()
  taken[name] ??= take()
  return taken[name] as T
}

function allTaken(): Record<string, unknown> {
  const known: unknown = Reflect.get(globalThis, takenKey)
  if (typeof known === 'object' && known !== null) return known as Record<string, unknown>
  const taken = Object.create(null)
  // The application can have frozen the global object: then each bundle takes its own values.
  Reflect.defineProperty(globalThis, takenKey, { value: taken })
  return taken
}
