import type { Settings } from '../../config/settings.ts'
import { table } from '../../config/table.ts'
import { type ServiceSlot, serviceSlotOf } from '../peers/service-slot.ts'

/** What the exporter thread has to know to leave its state in a directory: plain values, since they cross to it. */
export interface DirectorySettings {
  readonly directory: string
  readonly place: ServiceSlot
}

/** The directory in which processes and their sidecar meet; undefined where there is no sidecar, or nobody has named one. */
export function sharedDirectory({
  sharedDir,
  sidecarMode,
  multiprocDir,
}: Settings): string | undefined {
  if (sharedDir !== undefined || !sidecarMode) return sharedDir
  return multiprocDir === table.multiprocDir.fallback ? undefined : multiprocDir
}

/** Undefined where nothing is left in a directory: whoever shares by Redis is seen there, and must not be seen twice. */
export function directorySettings(settings: Settings): DirectorySettings | undefined {
  const directory = sharedDirectory(settings)
  if (directory === undefined || settings.redisEnabled) return undefined
  return { directory, place: serviceSlotOf(settings) }
}
