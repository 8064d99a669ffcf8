import { sidecarLimits } from '../limits/sidecar.ts'
import { late, withTimeLimit } from '../support/time-limit.ts'
import type { Origin } from './origin.ts'

/**
 * Stops all origins at the same time; never rejects.
 * @param limitMs default: sidecarLimits.sidecarEndMs.
 * @returns false where the origins need longer than the limit.
 */
export async function stopOrigins(
  origins: readonly Pick<Origin, 'stop'>[],
  limitMs: number = sidecarLimits.sidecarEndMs,
): Promise<boolean> {
  const stopped = Promise.all(origins.map((origin) => origin.stop()))
  return (await withTimeLimit(stopped, limitMs)) !== late
}
