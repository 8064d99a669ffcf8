import { coded } from '../../model/errors/coded-text.ts'
import { isRecord } from '../../support/guards.ts'
import { ConfigError } from '../config-error.ts'
import { findConfigFile } from '../config-file.ts'
import { environment } from '../environment.ts'
import { messagesOf } from '../problem.ts'
import type { Settings } from '../settings.ts'
import { configVariable } from '../variables.ts'
import { resolveSettings } from './resolve.ts'

/** Settings in code: they take precedence. Secrets are plain texts. */
export type ConfigOptions = {
  readonly [Name in keyof Settings]?:
    | string
    | number
    | boolean
    | readonly (string | number)[]
    | Readonly<Record<string, string>>
} & {
  /**
   * Configuration file, YAML. Default: the file that the environment names, or the file in the
   * working directory.
   */
  readonly config?: string
}

/**
 * Resolves the configuration as the exporter does: options, environment, YAML file, default.
 *
 * ```js
 * const { metricsPort } = loadConfig()
 * ```
 *
 * @throws ConfigError that names every fault.
 */
export function loadConfig(given: ConfigOptions = {}): Settings {
  assertOptions(given)
  const { config, ...options } = given
  const variables = environment()
  const file = findConfigFile(config ?? variables[configVariable])
  const resolution = resolveSettings({ options, environment: variables, file, checksFiles: true })
  if (resolution.kind === 'faults') throw new ConfigError(messagesOf(resolution.faults))
  return resolution.settings
}

/** JavaScript can pass any value. */
function assertOptions(given: unknown): void {
  if (isRecord(given)) return
  const got = given === null ? 'null' : `of type ${typeof given}`
  const text = `The argument of loadConfig is ${got}; allowed is an object of options.`
  throw new ConfigError([coded('GPE_ARGUMENT', text)])
}
