import { setImmediate } from '../../support/intrinsics/timers.ts'

/**
 * Calls functions of the application. Their error becomes an uncaught exception, as if Node had
 * called: the guards of the agent do not catch the error.
 */
export function callApplication(call: () => void): void {
  try {
    call()
  } catch (error) {
    setImmediate(() => {
      throw error
    })
  }
}
