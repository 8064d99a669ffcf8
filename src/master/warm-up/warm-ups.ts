/** What the agent and the entry of the package share: they are two bundles. */
interface WarmUps {
  /** Functions that run, or have failed. */
  pending: number
  /** Set by the agent of a master. */
  onChange: ((isWarming: boolean) => void) | undefined
}

const warmUpsKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.warm-ups')

/** Calls the function when the process begins to warm up, and when the process is warm. */
export function watchWarmUps(onChange: (isWarming: boolean) => void): void {
  const warmUps = sharedWarmUps()
  warmUps.onChange = onChange
  if (warmUps.pending > 0) onChange(true)
}

export function sharedWarmUps(): WarmUps {
  const known: WarmUps | undefined = Reflect.get(globalThis, warmUpsKey)
  if (known) return known
  const warmUps: WarmUps = { pending: 0, onChange: undefined }
  // The application can have frozen the global object.
  Reflect.defineProperty(globalThis, warmUpsKey, { value: warmUps })
  return warmUps
}
