import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../support/guards.ts'
import { createRequire } from '../support/process/create-require.ts'

const packageName = '@opentelemetry/sdk-metrics'
const name = join(...packageName.split('/'))

/**
 * `telemetry.sdk.version` of a resource; no attribute where the version cannot be read. Reads one
 * file, because loading OTel's packages takes 20 MB of memory.
 */
export function sdkVersion(): { readonly 'telemetry.sdk.version'?: string } {
  try {
    const main = createRequire(import.meta.url).resolve(packageName)
    const directory = main.slice(0, main.lastIndexOf(name) + name.length)
    const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    const version = isRecord(manifest) ? manifest['version'] : undefined
    return typeof version === 'string' ? { 'telemetry.sdk.version': version } : {}
  } catch {
    return {}
  }
}
