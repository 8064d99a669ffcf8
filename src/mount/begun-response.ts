import { clearTimeout, setTimeout } from '../support/intrinsics/timers.ts'
import { breakOff, isClosed, type MountedResponse } from './refuse.ts'

export interface BegunResponseOptions {
  /** Time for the application to end the response, milliseconds. */
  readonly limitMs: number
  readonly onBrokenOff: () => void
}

/**
 * Leaves a response to the application, which has sent the head already: no page fits into the
 * response. Breaks the response off if the application does not end the response in time.
 * Otherwise, the client and the promise of `metricsHandler` would wait without end.
 *
 * @returns whether the application has begun the response.
 */
export function leaveBegunResponse(
  response: MountedResponse,
  { limitMs, onBrokenOff }: BegunResponseOptions,
): boolean {
  if (!response.headersSent) return false
  const end = (): void => {
    try {
      if (response.writableEnded || isClosed(response)) return
      onBrokenOff()
      breakOff(response)
    } catch {
      // The application can leave its objects in a state in which they throw.
    }
  }
  const deadline = setTimeout(end, limitMs).unref()
  response.on('close', () => clearTimeout(deadline))
  return true
}
