import { codedError } from '../../model/errors/coded-error.ts'

/** What the agent and the entry of the package share: they are two bundles. */
interface WarmUps {
  /** Functions that run, or have failed. */
  pending: number
  /** Set by the agent of a master. */
  onChange: ((isWarming: boolean) => void) | undefined
}

const warmUpsKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.warm-ups')

/**
 * Runs the function at once. Under a master, the worker gets no connections until the function, and
 * a promise that the function returns, have succeeded. During a reload, the old workers serve
 * meanwhile. Call `onWarmUp()` before `listen()`. Without a master, the function runs all the same.
 * @returns a promise that rejects if the function fails. Without a handler, Node.js then ends the
 * process, and the boot has failed.
 */
export async function onWarmUp(warmUp: () => unknown): Promise<void> {
  if (typeof warmUp !== 'function') {
    const text = `onWarmUp() needs a function, and got ${typeof warmUp}.`
    throw codedError('GPE_ARGUMENT', text, { kind: TypeError })
  }
  const warmUps = sharedWarmUps()
  warmUps.pending += 1
  if (warmUps.pending === 1) warmUps.onChange?.(true)
  await warmUp()
  warmUps.pending -= 1
  if (warmUps.pending === 0) warmUps.onChange?.(false)
}

/** Calls the function when the process begins to warm up, and when the process is warm. */
export function watchWarmUps(onChange: (isWarming: boolean) => void): void {
  const warmUps = sharedWarmUps()
  warmUps.onChange = onChange
  if (warmUps.pending > 0) onChange(true)
}

function sharedWarmUps(): WarmUps {
  const known: WarmUps | undefined = Reflect.get(globalThis, warmUpsKey)
  if (known) return known
  const warmUps: WarmUps = { pending: 0, onChange: undefined }
  Object.defineProperty(globalThis, warmUpsKey, { value: warmUps })
  return warmUps
}
