import {
  type CommandOptions,
  type OptionValues,
  optionRows,
  readOptions,
  settingOptions,
} from '../config/command-options.ts'
import { configVariable, findConfigFile } from '../config/config-file.ts'
import { resolveSettings } from '../config/resolve.ts'
import type { Resolved } from '../config/resolved.ts'
import { shownSettings } from '../config/shown-settings.ts'
import { exporterSettings } from '../export/exporter-settings.ts'
import { shareSettings } from '../share/share-settings.ts'
import { sharedDirectory } from '../share/shared-directory.ts'
import { version } from '../version.ts'
import type { ServeSettings } from './serve-settings.ts'

/** What a command line of `serve` asks for. */
export type ServeRequest =
  | { readonly kind: 'serve'; readonly settings: ServeSettings }
  /** A text for stdout, and nothing else. */
  | { readonly kind: 'print'; readonly text: string }
  /** Every fault at once, a sentence each. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

export const serveOptions: CommandOptions = {
  ...settingOptions(['The endpoint', 'TLS', 'Access', 'Redis', 'The sidecar (`serve`)']),
  config: { short: 'c', value: 'FILE', help: 'configuration file, YAML', env: [configVariable] },
  'check-config': { help: 'check the configuration, and end' },
  'print-config': { help: 'print the configuration with its sources, and end' },
  version: { short: 'v', help: 'print the version, and end' },
  help: { short: 'h', help: 'this text' },
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the command line behind `serve`. */
export function parseServe(argv: readonly string[], environment: Environment): ServeRequest {
  const faults: string[] = []
  const values = readOptions({ argv, options: serveOptions, command: 'serve' }, faults)
  if (values['version'] === '') return { kind: 'print', text: `${version}\n` }
  if (values['help'] === '') return { kind: 'print', text: serveHelp() }
  const file = findConfigFile(values['config'] ?? environment[configVariable])
  const resolution = resolveSettings({ flags: values, environment, file, checksFiles: true })
  if (resolution.kind === 'faults') {
    return { ...resolution, faults: [...faults, ...resolution.faults] }
  }
  const settings = serveSettings(resolution)
  if (!settings.redis && settings.directory === undefined) faults.push(nothingToServe)
  if (faults.length > 0) return { kind: 'faults', faults }
  const text = printed(values, resolution)
  return text === undefined ? { kind: 'serve', settings } : { kind: 'print', text }
}

/** Whether an image whose command names nothing is to be a sidecar. */
export function isSidecar(environment: Environment): boolean {
  const file = findConfigFile(environment[configVariable])
  const resolution = resolveSettings({ environment, file })
  // What is wrong is told by `serve`, all of it.
  if (resolution.kind === 'faults') return (environment['SIDECAR_MODE'] ?? '').trim() !== ''
  return resolution.settings.sidecarMode
}

const nothingToServe =
  'There is nothing to serve: allowed is Redis (REDIS_ENABLED=true or --redis-url), ' +
  'a shared directory (PROMETHEUS_SHARED_DIR, PROMETHEUS_MULTIPROC_DIR, --shared-dir or --multiproc-dir), or both.'

function serveSettings({ settings, origins, warnings }: Resolved): ServeSettings {
  const isAsked = origins.redisEnabled.kind === 'default' && settings.redisUrl !== undefined
  const { endpoint } = exporterSettings(settings)
  return {
    endpoint,
    maxSeries: settings.maxSeries,
    redis: shareSettings(isAsked ? { ...settings, redisEnabled: true } : settings),
    directory: sharedDirectory({ ...settings, sidecarMode: true }),
    updateIntervalMs: 1_000 * settings.sidecarUpdateIntervalSeconds,
    warnings,
  }
}

function printed(values: OptionValues, resolved: Resolved): string | undefined {
  if (values['print-config'] !== undefined) return shownSettings(resolved)
  return values['check-config'] === undefined ? undefined : 'The configuration is good.\n'
}

/** The text of `serve --help`. */
export function serveHelp(): string {
  return `Usage: gunicorn-prometheus-exporter serve [options]

Serves what others have measured and left in Redis, in a shared directory, or in both.

${optionRows(serveOptions)}`
}
