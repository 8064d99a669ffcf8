import { clearTimeout, setTimeout } from 'node:timers'
import { log } from '../log/log.ts'
import { breakOff, type MountedResponse } from './refuse.ts'

/**
 * Leaves a response to the application, which has sent the head already: no page fits into the
 * response. Destroys the response if the application does not end the response in time. Otherwise,
 * the client and the promise of `metricsHandler` would wait without end.
 *
 * @returns whether the application has begun the response.
 */
export function leaveBegunResponse(response: MountedResponse, limitMs: number): boolean {
  if (!response.headersSent) return false
  const deadline = setTimeout(() => destroyUnended(response), limitMs).unref()
  response.on('close', () => clearTimeout(deadline))
  return true
}

function destroyUnended(response: MountedResponse): void {
  try {
    if (response.writableEnded) return
    log.error(begun)
    breakOff(response)
  } catch {
    // The application can leave its objects in a state in which they throw.
  }
}

const begun =
  'metricsHandler got a response whose head was sent already, and destroyed the response. Call ' +
  'metricsHandler before anything else writes to the response.'
