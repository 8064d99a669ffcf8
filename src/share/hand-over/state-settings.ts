import { nameOf } from '../../config/setting-names.ts'
import type { Settings } from '../../config/settings.ts'
import { sharedDirectory } from '../directory/shared-directory.ts'
import { serviceSlotOf } from '../peers/service-slot.ts'

/** Where totals outlive the process. Plain values cross to the exporter thread. */
export interface StateSettings {
  readonly directory: string
  /** The setting of the directory, as the user wrote its name. */
  readonly setting: string
  /** Identifies the service in the directory. */
  readonly slot: string
}

/** Undefined without a directory, and where Redis or a sidecar continues the totals. */
export function stateSettings(settings: Settings): StateSettings | undefined {
  const { stateDir, redisEnabled } = settings
  if (stateDir === undefined || redisEnabled || sharedDirectory(settings) !== undefined)
    return undefined
  // Neither the host nor the working directory: a container and a release change both.
  const { service, address, instance = '' } = serviceSlotOf(settings)
  const slot = JSON.stringify([service, address, instance])
  return { directory: stateDir, setting: nameOf(settings, 'stateDir'), slot }
}
