import { codedError } from '../../model/errors/coded-error.ts'
import { sharedWarmUps } from './warm-ups.ts'

/**
 * Runs the function at once. Under a master, the worker gets no connections until the function, and
 * a promise that the function returns, have succeeded. During a reload, the old workers serve
 * meanwhile. Call `onWarmUp()` before `listen()`. Without a master, the function runs all the same.
 * @returns a promise that rejects if the function fails, or with the code `GPE_ARGUMENT` for a
 * value that is no function. Without a handler, Node.js then ends the process, and the boot has
 * failed.
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
