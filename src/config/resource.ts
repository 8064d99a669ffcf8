import type { Settings } from './settings.ts'

/** Attributes of a resource, all of them texts. */
export type ResourceAttributes = Readonly<Record<string, string>>

type ResourceSettings = Pick<Settings, 'serviceName' | 'resourceAttributes' | 'nodeName'>

/** Largest length of a key and of a value, as in OTel. */
const longest = 255

/**
 * The resource of this process, as OTel's SDK for Node.js makes it of the environment. The packages
 * of the SDK would take 20 MB of memory.
 * @param argv0 the program. Default: the program of this process.
 */
export function resourceOf(
  { serviceName, resourceAttributes, nodeName }: ResourceSettings,
  argv0: string = process.argv0,
): ResourceAttributes {
  const named = parseAttributes(resourceAttributes ?? '')
  return {
    'service.name': argv0 === '' ? 'unknown_service' : `unknown_service:${argv0}`,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    ...(nodeName === undefined ? {} : { 'k8s.node.name': nodeName }),
    ...named,
    ...(serviceName === undefined ? {} : { 'service.name': serviceName }),
  }
}

/** `key=value,…` in percent-encoding. As OTel specifies, one wrong entry discards all of them. */
function parseAttributes(text: string): ResourceAttributes {
  const entries = text.split(',').filter((entry) => entry.trim() !== '')
  const parsed = entries.map(parseEntry)
  return parsed.every((entry) => entry !== undefined) ? Object.fromEntries(parsed) : {}
}

function parseEntry(entry: string): readonly [key: string, value: string] | undefined {
  const parts = entry.split('=')
  const [key, value] = parts.map((part) => decoded(part.trim()))
  if (parts.length !== 2 || !key || value === undefined) return undefined
  return key.length > longest || value.length > longest ? undefined : [key, value]
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
