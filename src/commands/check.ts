import { configVariable, findConfigFile } from '../config/config-file.ts'
import { environment } from '../config/environment.ts'
import { resolveSettings } from '../config/resolve/resolve.ts'
import { shownSettings } from '../config/resolve/shown-settings.ts'
import { isOn } from '../config/settings.ts'
import { type CommandOptions, readOptions } from './command-options.ts'

/** The result of a check. */
export type Finding =
  | { readonly kind: 'good'; readonly text: string }
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

const help = `Usage: gunicorn-prometheus-exporter check [--config FILE]

Prints every setting by its name in code, its value and where the value comes from. Secrets are
masked. If settings are wrong, prints every fault to stderr and ends with exit code 2.
docs/configuration.md lists the environment variable and the YAML key of each name.
`

const names =
  'docs/configuration.md lists the environment variable and the YAML key of each name.\n'

const options: CommandOptions = {
  config: { short: 'c', value: 'FILE', help: 'configuration file, YAML' },
  help: { short: 'h', help: 'print this text' },
}

/** Resolves the configuration as the preload does, and shows the settings. */
export function check(argv: readonly string[]): Finding {
  const faults: string[] = []
  const values = readOptions({ argv, options, command: 'check' }, faults)
  if (faults.length > 0) return { kind: 'faults', faults: [...faults, '', help] }
  return values['help'] === '' ? { kind: 'good', text: help } : checked(values['config'])
}

function checked(config: string | undefined): Finding {
  const variables = environment()
  const file = findConfigFile(config ?? variables[configVariable])
  const resolution = resolveSettings({ environment: variables, file, checksFiles: true })
  if (resolution.kind === 'faults') return resolution
  const state = isOn(resolution.settings) ? '' : 'The exporter is switched off.\n'
  const source = `File: ${file?.path ?? 'none'}\n`
  const notices = [...resolution.warnings, ...resolution.disregarded]
  const warnings = notices.map((text) => `${text}\n`).join('')
  return { kind: 'good', text: `${source}${warnings}${state}${shownSettings(resolution)}${names}` }
}
