import type { Settings } from '../../config/settings.ts'

/** Where a process runs. A process and its successor have the same slot. */
export interface ServiceSlot {
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
  const { bindAddress, metricsPort, serviceName, resourceAttributes } = settings
  const isSocket = bindAddress.startsWith('unix:')
  return {
    service: serviceName ?? attributeOf(resourceAttributes, 'service.name') ?? 'unknown_service',
    host: process.getBuiltinModule('node:os').hostname(),
    address: isSocket ? bindAddress : `${bindAddress}:${metricsPort}`,
    directory: workingDirectory(),
    instance: attributeOf(resourceAttributes, 'service.instance.id'),
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

/**
 * An attribute of `key=value,key=value` in percent-encoding, the format of OTel.
 * Undefined where missing or empty.
 */
function attributeOf(text: string | undefined, name: string): string | undefined {
  const entries = (text ?? '').split(',').map((entry) => {
    const at = entry.indexOf('=')
    return [entry.slice(0, at).trim(), entry.slice(at + 1).trim()] as const
  })
  return decoded(entries.findLast(([key]) => key === name)?.[1] ?? '')
}

export function decoded(text: string): string | undefined {
  if (text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
