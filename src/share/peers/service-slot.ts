import type { Settings } from '../../config/settings.ts'
/** Where a process runs: what its successor has in common with it. */
export interface ServiceSlot {
  readonly service: string
  readonly host: string
  /** `host:port` or `unix:/path` of the endpoint. */
  readonly address: string
  readonly directory: string
  /** `service.instance.id`, where somebody has given one. */
  readonly instance: string | undefined
}

/** Where this process runs. */
export function serviceSlotOf(settings: Settings): ServiceSlot {
  const { bindAddress, metricsPort, serviceName, resourceAttributes } = settings
  const isSocket = bindAddress.startsWith('unix:')
  return {
    service: serviceName ?? attributeOf(resourceAttributes, 'service.name') ?? 'unknown_service',
    host: process.getBuiltinModule('node:os').hostname(),
    address: isSocket ? bindAddress : `${bindAddress}:${metricsPort}`,
    directory: directory(),
    instance: attributeOf(resourceAttributes, 'service.instance.id'),
  }
}

/** It may be gone. */
function directory(): string {
  try {
    return process.cwd()
  } catch {
    return ''
  }
}

/** Of OTel's `key=value,key=value`, percent-encoded; undefined where it is missing or empty. */
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
