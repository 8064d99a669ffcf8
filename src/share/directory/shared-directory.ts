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
export function sharedDirectory(settings: Settings): string | undefined {
  const { sharedDir, sidecarMode } = settings
  return sharedDir === undefined && sidecarMode ? chosenDirectory(settings) : sharedDir
}

/**
 * The directory in which this process looks for a sidecar: the `PROMETHEUS_MULTIPROC_DIR` of the
 * operator. Undefined for a process with a shared directory.
 */
export function watchedDirectory(settings: Settings): DirectorySettings | undefined {
  const directory = chosenDirectory(settings)
  if (sharedDirectory(settings) !== undefined || directory === undefined) return undefined
  const setting = nameOf(settings, 'multiprocDir')
  return { directory, setting, serviceSlot: serviceSlotOf(settings) }
}

/** The `PROMETHEUS_MULTIPROC_DIR` of the operator. Undefined for the default and for `off`. */
function chosenDirectory({ multiprocDir }: Settings): string | undefined {
  return multiprocDir === table.multiprocDir.fallback ? undefined : multiprocDir
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
