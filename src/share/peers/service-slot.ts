import { resourceOf } from '../../config/resource.ts'
import type { Settings } from '../../config/settings.ts'

/** Where a process runs. A process and its successor have the same slot. */
export interface ServiceSlot {
  /** `service.name`, as in `target_info`. */
  readonly service: string
  readonly host: string
  /** `host:port` or `unix:/path` of the endpoint. */
  readonly address: string
  readonly directory: string
  /** `service.instance.id`; undefined where not set. */
  readonly instance: string | undefined
}

/** The slot of this process. */
export function serviceSlotOf(settings: Settings): ServiceSlot {
  const { bindAddress, metricsPort } = settings
  const { 'service.name': service, 'service.instance.id': instance } = resourceOf(settings)
  const isSocket = bindAddress.startsWith('unix:')
  return {
    // Readers refuse an empty name.
    service: service === undefined || service === '' ? 'unknown_service' : service,
    host: process.getBuiltinModule('node:os').hostname(),
    address: isSocket ? bindAddress : `${bindAddress}:${metricsPort}`,
    directory: workingDirectory(),
    instance: instance === '' ? undefined : instance,
  }
}

/** Empty where the directory has been removed. */
function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return ''
  }
}
