import type { Settings } from './settings.ts'
import { parseAttributes, type ResourceAttributes } from './table/resource-attributes.ts'

type ResourceSettings = Pick<Settings, 'serviceName' | 'resourceAttributes' | 'nodeName'>

/**
 * The resource of this process, as OTel's SDK for Node.js makes it of the environment. The packages
 * of the SDK would take 20 MB of memory.
 * @param argv0 the program. Default: the program of this process.
 */
export function resourceOf(
  { serviceName, resourceAttributes, nodeName }: ResourceSettings,
  argv0: string = process.argv0,
): ResourceAttributes {
  const named = parseAttributes(resourceAttributes ?? '') ?? {}
  return {
    'service.name': argv0 === '' ? 'unknown_service' : `unknown_service:${argv0}`,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    ...(nodeName === undefined ? {} : { 'k8s.node.name': nodeName }),
    ...named,
    ...(serviceName === undefined ? {} : { 'service.name': serviceName }),
  }
}
