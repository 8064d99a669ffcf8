import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ConfigFile } from '../../config/config-file.ts'
import { gunicornReason } from '../../config/gunicorn/gunicorn-settings.ts'
import { messagesOf } from '../../config/problem.ts'
import type { Environment, Resolved } from '../../config/resolve/resolved.ts'
import { topics, withDashes } from '../../config/table/setting.ts'
import { settingNames, table } from '../../config/table.ts'
import { configVariable } from '../../config/variables.ts'
import { type GunicornLogLevel, logLevels } from '../../log/gunicorn-log.ts'
import { hooksFault } from '../../master/hooks/load-hooks.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { NamedPaths } from '../../support/process/named-paths.ts'
import { usableCpus } from '../../support/process/usable-cpus.ts'
import {
  type CommandReading,
  commonOptions,
  isQuestion,
  readCommandLine,
} from '../line/command-line.ts'
import {
  type CommandOptions,
  type OptionValues,
  parserOptions,
  readOptions,
  settingOptions,
} from '../line/command-options.ts'
import { type CommandPage, helpText } from '../line/command-page.ts'
import { idleRequestSettings, requestSettings } from './request-settings.ts'
import { enterSurroundings, type SurroundingNames, type Surroundings } from './surroundings.ts'

/** The result of reading a command line of `run`. */
export type RunRequest =
  | { readonly kind: 'run'; readonly settings: RunSettings }
  | Exclude<CommandReading, { kind: 'settings' }>

/** Options of the command alone. The table has the options of settings. */
const commandOptions: CommandOptions = {
  env: {
    short: 'e',
    value: 'KEY=VALUE',
    repeats: true,
    help: 'variable of the master and the workers',
  },
  'env-file': {
    value: 'FILE',
    repeats: true,
    help: 'file with variables; HUP and USR2 read the file again',
  },
  pid: { short: 'p', value: 'FILE', help: 'file for the pid of the master', fallback: 'none' },
  'log-file': {
    value: 'FILE',
    help: 'file for the log; SIGUSR1 reopens the file',
    fallback: 'stderr',
  },
  'log-level': {
    value: 'LEVEL',
    help: 'the least important lines of the log',
    fallback: 'info',
    choices: logLevels,
  },
  ...commonOptions,
}

export const runOptions: CommandOptions = {
  ...settingOptions(topics.filter((topic) => topic !== table.sidecarMode.topic)),
  ...commandOptions,
}

/**
 * Reads the command line after `run`. Arguments after the file belong to the application.
 * @param flagName an option as the user wrote the option. Default: as on the command line.
 */
export function parseRun(
  argv: readonly string[],
  environment: Environment,
  flagName?: (flag: string) => string,
): RunRequest {
  const { own, app, args } = split(argv)
  const before = readOptions({ argv: own, options: runOptions, command: 'run' }, [])
  const names = surroundingNames(flagName)
  const surroundings = enterSurroundings(before, environment, names)
  const reading = readCommandLine({
    command: 'run',
    argv: own,
    options: runOptions,
    environment: { ...environment, ...surroundings.variables },
    help: runHelp,
    flagName,
    reasonOf: gunicornReason,
    faultsOf: (values, resolved) => [
      ...surroundings.faults,
      ...levelFaults(values['log-level'], flagName?.('log-level') ?? '--log-level'),
      ...(app === undefined && !isQuestion(values) ? [noApplication] : []),
      ...(values['check-config'] === undefined ? [] : hooksFaults(resolved)),
    ],
  })
  if (reading.kind !== 'settings') return reading
  return { kind: 'run', settings: runSettings(reading, { app: app ?? '', args, ...surroundings }) }
}

function surroundingNames(flagName: (flag: string) => string = withDashes): SurroundingNames {
  return { chdir: flagName('chdir'), env: flagName('env'), envFile: flagName('env-file') }
}

/** `run` itself reports such a fault when it loads the hooks. */
function hooksFaults({ settings: { hooks } }: Resolved): CodedText[] {
  const fault = hooks === undefined ? undefined : hooksFault(resolve(hooks))
  return fault === undefined ? [] : [coded('GPE_HOOKS', fault)]
}

const noApplication = coded(
  'GPE_NO_APPLICATION',
  'The file of the application is missing: run [options] FILE [arguments].',
)

interface Given extends Surroundings {
  readonly app: string
  readonly args: readonly string[]
}

function runSettings(
  { resolved, values, file }: Extract<CommandReading, { kind: 'settings' }>,
  { app, args, start, directory, variables }: Given,
): RunSettings {
  const { settings } = resolved
  return {
    ...{ app, args, start, directory, variables },
    workers: settings.workers === 'auto' ? usableCpus() : settings.workers,
    timeoutMs: settings.timeoutSeconds * 1_000,
    gracefulTimeoutMs: settings.gracefulTimeoutSeconds * 1_000,
    bootTimeoutMs: settings.bootTimeoutSeconds * 1_000,
    drainDelayMs: settings.drainDelaySeconds * 1_000,
    keepAliveMs: settings.keepAliveSeconds * 1_000,
    maxRequests: settings.maxRequests,
    maxRequestsJitter: settings.maxRequestsJitter,
    maxMemoryBytes: settings.maxMemoryBytes,
    workerConnections: settings.workerConnections,
    reloadStrategy: settings.reloadStrategy,
    ...requestSettings(settings, directory),
    hooks: settings.hooks === undefined ? undefined : resolve(directory, settings.hooks),
    pidFile: values['pid'],
    logFile: values['log-file'],
    logLevel: levelOf(values['log-level']) ?? 'info',
    exporter: settings,
    warnings: [...messagesOf(resolved.warnings), ...idleRequestSettings(settings)],
    environment: { ...fileVariable(file, directory), ...flagVariables(resolved, values) },
  }
}

/** Workers read the file themselves, by its absolute path with the names of the command line. */
function fileVariable(file: ConfigFile | undefined, directory: string): Record<string, string> {
  return file ? { [configVariable]: new NamedPaths([directory]).named(file.path) } : {}
}

const masterTopic = table.workers.topic

/**
 * Passes options to the workers as variables: like options, variables take precedence over a file.
 */
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

function levelOf(text: string | undefined): GunicornLogLevel | undefined {
  return logLevels.find((each) => each === text)
}

function levelFaults(text: string | undefined, name: string): CodedText[] {
  if (!text || levelOf(text)) return []
  const fault = `${name} is ${JSON.stringify(text)}; allowed is ${logLevels.join(', ')}.`
  return [coded('GPE_OPTION_VALUE', fault)]
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

/** The help of `run`. */
export const runPage: CommandPage = {
  name: 'run',
  text:
    'Runs a Node.js server in several workers, and shows their metrics. Options before FILE ' +
    'belong to run, and arguments after FILE to the application. Options win over variables, ' +
    'variables over the configuration file.\n\n' +
    'HUP reloads the workers, USR2 upgrades the master, TTIN and TTOU change the number of ' +
    'workers, USR1 reopens the logs, TERM ends the master after all requests.',
  options: runOptions,
  exitCodes: {
    0: 'the master was ended by a signal or a command',
    1: 'the output cannot be written',
    2: 'the configuration or an option is wrong, or the master cannot start',
    3: 'the workers do not boot',
  },
}

/** The text of `run --help`. */
export function runHelp(): string {
  return helpText(runPage)
}
