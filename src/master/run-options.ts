import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  type CommandOptions,
  type OptionValues,
  optionRows,
  parserOptions,
  readOptions,
  settingOptions,
} from '../config/command-options.ts'
import { type ConfigFile, configVariable, findConfigFile } from '../config/config-file.ts'
import { resolveSettings } from '../config/resolve.ts'
import type { Resolved } from '../config/resolved.ts'
import { shownSettings } from '../config/shown-settings.ts'
import { settingNames, table, topics } from '../config/table.ts'
import { version } from '../version.ts'
import { type LogLevel, logLevels, type RunSettings } from './run-settings.ts'

/** What a command line of `run` asks for. */
export type RunRequest =
  | { readonly kind: 'run'; readonly settings: RunSettings }
  /** A text for stdout, and nothing else. */
  | { readonly kind: 'print'; readonly text: string }
  /** Every fault at once, a sentence each. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

/** Options of the command alone; the others are settings, which the table has. */
const commandOptions: CommandOptions = {
  pid: { short: 'p', value: 'FILE', help: 'file for the pid of the master (none)' },
  'log-file': { value: 'FILE', help: 'file for the log; SIGUSR1 reopens it (stderr)' },
  'log-level': { value: 'LEVEL', help: `${logLevels.join(', ')} (info)` },
  config: { short: 'c', value: 'FILE', help: 'configuration file, YAML', env: [configVariable] },
  'check-config': { help: 'check the configuration, and end' },
  'print-config': { help: 'print the configuration with its sources, and end' },
  version: { short: 'v', help: 'print the version, and end' },
  help: { short: 'h', help: 'this text' },
}

export const runOptions: CommandOptions = {
  ...settingOptions(topics.filter((topic) => topic !== table.sidecarMode.topic)),
  ...commandOptions,
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the command line behind `run`. What stands behind the application's file is the application's. */
export function parseRun(argv: readonly string[], environment: Environment): RunRequest {
  const faults: string[] = []
  const { own, app, args } = split(argv)
  const values = readOptions({ argv: own, options: runOptions, command: 'run' }, faults)
  if (values['version'] === '') return { kind: 'print', text: `${version}\n` }
  if (values['help'] === '') return { kind: 'print', text: runHelp() }
  const file = findConfigFile(values['config'] ?? environment[configVariable])
  const logLevel = readLogLevel(values['log-level'], faults)
  const isAsked = values['check-config'] ?? values['print-config']
  if ((app ?? isAsked) === undefined) {
    faults.push('No application was named: run [options] FILE [arguments].')
  }
  const resolution = resolveSettings({ flags: values, environment, file, checksFiles: true })
  if (resolution.kind === 'faults')
    return { ...resolution, faults: [...faults, ...resolution.faults] }
  if (faults.length > 0) return { kind: 'faults', faults }
  const text = printed(values, resolution)
  if (text !== undefined) return { kind: 'print', text }
  const given = { app: app ?? '', args, values, logLevel, file }
  return { kind: 'run', settings: runSettings(resolution, given) }
}

function printed(values: OptionValues, resolved: Resolved): string | undefined {
  if (values['print-config'] !== undefined) return shownSettings(resolved)
  return values['check-config'] === undefined ? undefined : 'The configuration is good.\n'
}

interface Given extends Pick<RunSettings, 'app' | 'args' | 'logLevel'> {
  readonly values: OptionValues
  readonly file: ConfigFile | undefined
}

function runSettings(
  resolved: Resolved,
  { app, args, values, logLevel, file }: Given,
): RunSettings {
  const { settings } = resolved
  return {
    app,
    args,
    workers: settings.workers,
    timeoutMs: settings.timeoutSeconds * 1_000,
    gracefulTimeoutMs: settings.gracefulTimeoutSeconds * 1_000,
    keepAliveMs: settings.keepAliveSeconds * 1_000,
    maxRequests: settings.maxRequests,
    maxRequestsJitter: settings.maxRequestsJitter,
    hooks: settings.hooks === undefined ? undefined : resolve(settings.hooks),
    pidFile: values['pid'],
    logFile: values['log-file'],
    logLevel,
    exporter: settings,
    warnings: resolved.warnings,
    environment: { ...fileVariable(file), ...flagVariables(resolved, values) },
  }
}

/** Workers read the file themselves, wherever they are. */
function fileVariable(file: ConfigFile | undefined): Record<string, string> {
  return file ? { [configVariable]: file.path } : {}
}

const masterTopic = table.workers.topic

/** What was said on the command line reaches the workers as variables: those go before the file as well. */
function flagVariables({ origins }: Resolved, values: OptionValues): Record<string, string> {
  const said = settingNames.filter(
    (name) => origins[name].kind === 'command line' && table[name].topic !== masterTopic,
  )
  const variables = said.flatMap((name): [string, string][] => {
    const { env, flag } = table[name]
    const [text, variable] = [values[flag?.name ?? ''], env[0]]
    return text === undefined || variable === undefined ? [] : [[variable, text]]
  })
  return Object.fromEntries(variables)
}

function readLogLevel(text: string | undefined, faults: string[]): LogLevel {
  const level = logLevels.find((each) => each === text)
  if (text && !level) {
    faults.push(`--log-level is ${JSON.stringify(text)}; allowed is ${logLevels.join(', ')}.`)
  }
  return level ?? 'info'
}

function split(argv: readonly string[]): {
  own: string[]
  app: string | undefined
  args: string[]
} {
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserOptions(runOptions),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const end = tokens.find(({ kind }) => kind === 'positional' || kind === 'option-terminator')
  if (!end) return { own: [...argv], app: undefined, args: [] }
  const at = end.kind === 'positional' ? end.index : end.index + 1
  return { own: argv.slice(0, end.index), app: argv[at], args: argv.slice(at + 1) }
}

/** The text of `run --help`. */
export function runHelp(): string {
  return `Usage: gunicorn-prometheus-exporter run [options] FILE [arguments of the application]\n\n${optionRows(runOptions)}`
}
