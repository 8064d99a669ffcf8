import { codedError } from '../../model/errors/coded-error.ts'
import { type DrainListener, sharedDrains } from './drains.ts'

export type { DrainListener }

/**
 * Calls the function once, when the worker of a master begins to drain: at TERM, HUP, TTOU, WINCH
 * and `--max-requests`. The worker still serves open connections. If the function returns a
 * promise, the worker waits for the promise until the graceful timeout. If the drain has begun,
 * the function is called soon. Without a master, the function is never called.
 * @returns removes the function.
 * @throws TypeError with the code `GPE_ARGUMENT` for a value that is no function.
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
