import { type ConfigFile, findConfigFile } from '../../config/config-file.ts'
import { messagesOf } from '../../config/problem.ts'
import type { CommandName } from '../../config/resolve/idle-settings.ts'
import { resolvedOf, resolveSettings } from '../../config/resolve/resolve.ts'
import type { Environment, Resolved } from '../../config/resolve/resolved.ts'
import { shownSettings } from '../../config/resolve/shown-settings.ts'
import { configVariable } from '../../config/variables.ts'
import type { LogFormat } from '../../log/log-line.ts'
import type { CodedText } from '../../model/errors/coded-text.ts'
import { version } from '../../model/version.ts'
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
  | CommandFaults

interface CommandFaults {
  readonly kind: 'faults'
  /** Every fault, a sentence each. */
  readonly faults: readonly CodedText[]
  /** Ignored values, a sentence each. */
  readonly warnings: readonly CodedText[]
  readonly logFormat: LogFormat
  /** Whether `doctor` finds a fault: it reads variables and files, and no flags of this command. */
  readonly pointsToDoctor: boolean
}

/** The options of every command with settings. */
export const commonOptions: CommandOptions = {
  config: { short: 'c', value: 'FILE', help: 'configuration file, YAML', env: [configVariable] },
  'check-config': { help: 'check the configuration and exit' },
  'print-config': { help: 'print every setting with its source and exit' },
  version: { short: 'v', help: 'print the version and exit' },
  help: { short: 'h', help: 'print this text' },
}

export interface CommandRequest extends CommandLine {
  readonly command: CommandName
  readonly environment: Environment
  readonly help: () => string
  /** Faults beside the settings. */
  readonly faultsOf: (values: OptionValues, resolved: Resolved) => readonly CodedText[]
}

/** Reads the options of a command, and its settings from all sources. */
export function readCommandLine(request: CommandRequest): CommandReading {
  const { command, environment, flagName } = request
  const faults: CodedText[] = []
  const values = readOptions(request, faults)
  if (values['version'] === '') return { kind: 'print', text: `${version}\n` }
  if (values['help'] === '') return { kind: 'print', text: request.help() }
  const file = findConfigFile(values['config'] ?? environment[configVariable])
  const resolution = resolveSettings({
    flags: values,
    flagName,
    environment,
    file,
    command,
    checksFiles: true,
    checksUse: command === 'run' && values['check-config'] !== undefined,
  })
  const resolved = resolvedOf(resolution)
  faults.push(...request.faultsOf(values, resolved))
  if (resolution.kind === 'faults') faults.push(...messagesOf(resolution.faults))
  if (faults.length === 0) return answer(values, file, resolved)
  const warnings = messagesOf(resolved.warnings)
  return {
    ...{ kind: 'faults', faults, warnings, logFormat: resolved.settings.logFormat },
    pointsToDoctor:
      !isQuestion(values) &&
      resolution.kind === 'faults' &&
      resolution.faults.some(({ key }) => !key.startsWith('-')),
  }
}

function answer(
  values: OptionValues,
  file: ConfigFile | undefined,
  resolved: Resolved,
): CommandReading {
  if (values['print-config'] !== undefined) return { kind: 'print', text: shownSettings(resolved) }
  if (values['check-config'] === undefined) return { kind: 'settings', values, file, resolved }
  const warnings = messagesOf(resolved.warnings)
    .map((text) => `Warning: ${text}\n`)
    .join('')
  return { kind: 'print', text: `${warnings}The configuration is valid.\n` }
}

/** Whether the command only checks or prints the configuration. */
export function isQuestion(values: OptionValues): boolean {
  return (values['check-config'] ?? values['print-config']) !== undefined
}
