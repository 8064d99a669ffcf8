import { nameOf } from '../../config/setting-names.ts'
import type { Settings } from '../../config/settings.ts'
import { table } from '../../config/table.ts'
import { type ServiceSlot, serviceSlotOf } from '../peers/service-slot.ts'

/**
 * Settings of the exporter thread for the shared directory. Plain values cross to the thread.
 */
export interface DirectorySettings {
  readonly directory: string
  /** The setting of the directory, as the user wrote its name. */
  readonly setting: string
  readonly serviceSlot: ServiceSlot
}

/** The directory for a sidecar; undefined without a sidecar or a directory. */
export function sharedDirectory({
  sharedDir,
  sidecarMode,
  multiprocDir,
}: Settings): string | undefined {
  if (sharedDir !== undefined || !sidecarMode) return sharedDir
  return multiprocDir === table.multiprocDir.fallback ? undefined : multiprocDir
}

/**
 * The directory in which this process may find a sidecar, without a setting that says so: the
 * `PROMETHEUS_MULTIPROC_DIR` of the operator. Undefined for a process with a shared directory.
 */
export function watchedDirectory(settings: Settings): DirectorySettings | undefined {
  const { multiprocDir } = settings
  if (sharedDirectory(settings) !== undefined || multiprocDir === undefined) return undefined
  if (multiprocDir === table.multiprocDir.fallback) return undefined
  const setting = nameOf(settings, 'multiprocDir')
  return { directory: multiprocDir, setting, serviceSlot: serviceSlotOf(settings) }
}

/**
 * Undefined where the process writes to no shared directory.
 * A process with Redis writes to none: a sidecar would show the process twice.
 */
export function directorySettings(settings: Settings): DirectorySettings | undefined {
  const directory = sharedDirectory(settings)
  if (directory === undefined || settings.redisEnabled) return undefined
  const setting = sharedDirectorySetting(settings)
  return { directory, setting, serviceSlot: serviceSlotOf(settings) }
}

/** The setting of the shared directory, as the user wrote its name. */
export function sharedDirectorySetting(settings: Settings): string {
  return nameOf(settings, settings.sharedDir === undefined ? 'multiprocDir' : 'sharedDir')
}
