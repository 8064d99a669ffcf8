import type { ForwarderStatus } from '../share/sharing-status.ts'
import { preloadKey } from '../support/preload-key.ts'
import type { Preload } from './preload.ts'

/**
 * The state of sharing metrics by Redis, as `/status` shows the state under `exporter.redis`. Call
 * this function in the process that has the exporter: the primary, or a process without workers.
 *
 * Resolves with undefined in a cluster worker, without the preload, and without `REDIS_ENABLED`.
 * Also resolves with undefined if the exporter does not answer within 5 seconds. Never rejects.
 */
export async function forwarderStatus(): Promise<ForwarderStatus | undefined> {
  try {
    const preload: Partial<Preload> | undefined = Reflect.get(globalThis, preloadKey)
    return await preload?.forwarderStatus?.()
  } catch {
    return undefined
  }
}
