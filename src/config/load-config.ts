import { ConfigError } from './config-error.ts'
import { configVariable, findConfigFile } from './config-file.ts'
import { environment } from './environment.ts'
import { resolveSettings } from './resolve.ts'
import type { Settings } from './settings.ts'

/** Settings given in code: they go before everything else. Secrets are plain texts here. */
export type ConfigOptions = {
  readonly [Name in keyof Settings]?: string | number | boolean | readonly (string | number)[]
} & {
  /** Configuration file, YAML; without, the one that the environment names, else the one in the working directory. */
  readonly config?: string
}

/**
 * Resolves the configuration as the exporter does: options, environment, YAML file, default.
 *
 * ```js
 * const { metricsPort } = loadConfig()
 * ```
 *
 * @throws ConfigError that names every fault at once.
 */
export function loadConfig({ config, ...options }: ConfigOptions = {}): Settings {
  const variables = environment()
  const file = findConfigFile(config ?? variables[configVariable])
  const resolution = resolveSettings({ options, environment: variables, file, checksFiles: true })
  if (resolution.kind === 'faults') throw new ConfigError(resolution.faults)
  return resolution.settings
}
