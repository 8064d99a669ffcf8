import { setTimeout as sleep } from 'node:timers/promises'

const pauseMs = 100
const deadlineMs = 20_000

/** Repeats until the function does not throw. After the deadline, the last error is thrown. */
export async function eventually(act, signal) {
  const end = Date.now() + deadlineMs
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (signal.aborted || Date.now() > end) throw error
    }
    await sleep(pauseMs, undefined, { signal })
  }
}
