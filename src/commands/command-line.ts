import { type ConfigFile, configVariable, findConfigFile } from '../config/config-file.ts'
import type { CommandName } from '../config/resolve/idle-settings.ts'
import { resolveSettings } from '../config/resolve/resolve.ts'
import type { Resolved } from '../config/resolve/resolved.ts'
import { shownSettings } from '../config/resolve/shown-settings.ts'
import { version } from '../model/version.ts'
import {
  type CommandLine,
  type CommandOptions,
  type OptionValues,
  readOptions,
} from './command-options.ts'

/** The result of reading a command line. */
export type CommandReading =
  | {
      readonly kind: 'settings'
      readonly values: OptionValues
      readonly file: ConfigFile | undefined
      readonly resolved: Resolved
    }
  /** The command only prints a text to stdout. */
  | { readonly kind: 'print'; readonly text: string }
  /** Every fault, a sentence each. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

/** The options of every command with settings. */
export const commonOptions: CommandOptions = {
  config: { short: 'c', value: 'FILE', help: 'configuration file, YAML', env: [configVariable] },
  'check-config': { help: 'check the configuration and exit' },
  'print-config': { help: 'print every setting with its source and exit' },
  version: { short: 'v', help: 'print the version and exit' },
  help: { short: 'h', help: 'print this text' },
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface CommandRequest extends CommandLine {
  readonly command: CommandName
  readonly environment: Environment
  readonly help: () => string
  /** Faults beside the settings; `resolved` is undefined when the settings have faults. */
  readonly faultsOf: (values: OptionValues, resolved: Resolved | undefined) => readonly string[]
}

/** Reads the options of a command, and its settings from all sources. */
export function readCommandLine({
  command,
  argv,
  options,
  environment,
  help,
  faultsOf,
}: CommandRequest): CommandReading {
  const faults: string[] = []
  const values = readOptions({ argv, options, command }, faults)
  if (values['version'] === '') return { kind: 'print', text: `${version}\n` }
  if (values['help'] === '') return { kind: 'print', text: help() }
  const file = findConfigFile(values['config'] ?? environment[configVariable])
  const resolved = resolveSettings({ flags: values, environment, file, checksFiles: true, command })
  faults.push(...faultsOf(values, resolved.kind === 'settings' ? resolved : undefined))
  if (resolved.kind === 'faults') faults.push(...resolved.faults)
  if (resolved.kind === 'faults' || faults.length > 0) return { kind: 'faults', faults }
  if (values['print-config'] !== undefined) return { kind: 'print', text: shownSettings(resolved) }
  if (values['check-config'] !== undefined) {
    return { kind: 'print', text: 'The configuration is valid.\n' }
  }
  return { kind: 'settings', values, file, resolved }
}

/** Whether the command only checks or prints the configuration. */
export function isQuestion(values: OptionValues): boolean {
  return (values['check-config'] ?? values['print-config']) !== undefined
}
