import type { ForwarderStatus } from '../share/sharing-status.ts'
import { type Preload, preloadKey } from './preload.ts'

/**
 * How the sharing of metrics by Redis goes, as `/status` tells it under `exporter.redis`. To be asked in the
 * process that has the exporter: the primary, or a process alone.
 *
 * Resolves with undefined where nothing is shared (`REDIS_ENABLED`), the preload is missing, this is a cluster worker, or
 * the exporter does not answer within 5 seconds. Never rejects.
 */
export async function forwarderStatus(): Promise<ForwarderStatus | undefined> {
  try {
    const { [preloadKey]: preload } = globalThis as { [preloadKey]?: Partial<Preload> }
    return await preload?.forwarderStatus?.()
  } catch {
    return undefined
  }
}
