import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { resolveSettings } from '../config/settings.ts'
import { version } from '../version.ts'
import { readConfigFile } from './config-file.ts'
import { type LogLevel, logLevels, type RunSettings } from './run-settings.ts'

/** What a command line of `run` asks for. */
export type RunRequest =
  | { readonly kind: 'run'; readonly settings: RunSettings }
  /** A text for stdout, and nothing else. */
  | { readonly kind: 'print'; readonly text: string }
  /** Every fault at once, a sentence each. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

interface Option {
  readonly short?: string
  /** What its value is; without, the option takes none. */
  readonly value?: string
  readonly help: string
  /** Environment variables that say the same, the first one that is set counts. */
  readonly env?: readonly string[]
  /** Key of the configuration file that says the same, below `exporter`. */
  readonly key?: string
}

type Name =
  | 'workers'
  | 'timeout'
  | 'graceful-timeout'
  | 'keep-alive'
  | 'max-requests'
  | 'max-requests-jitter'
  | 'hooks'
  | 'pid'
  | 'log-file'
  | 'log-level'
  | 'config'
  | 'check-config'
  | 'print-config'
  | 'version'
  | 'help'

export const runOptions: Readonly<Record<Name, Option>> = {
  workers: {
    short: 'w',
    value: 'N',
    help: 'worker processes (1)',
    env: ['GUNICORN_WORKERS', 'WEB_CONCURRENCY'],
    key: 'gunicorn.workers',
  },
  timeout: {
    short: 't',
    value: 'SECONDS',
    help: 'kill a worker whose event loop stands still for so long; 0 = never (30)',
    env: ['GUNICORN_TIMEOUT'],
    key: 'gunicorn.timeout',
  },
  'graceful-timeout': {
    value: 'SECONDS',
    help: 'what a worker has to finish; 0 = as long as it takes (30)',
    env: ['GUNICORN_GRACEFUL_TIMEOUT'],
    key: 'gunicorn.graceful_timeout',
  },
  'keep-alive': {
    value: 'SECONDS',
    help: 'how long an idle connection is kept (2)',
    env: ['GUNICORN_KEEPALIVE'],
    key: 'gunicorn.keepalive',
  },
  'max-requests': {
    value: 'N',
    help: 'replace a worker after so many requests; 0 = never (0)',
    env: ['GUNICORN_MAX_REQUESTS'],
    key: 'gunicorn.max_requests',
  },
  'max-requests-jitter': {
    value: 'N',
    help: 'add up to so many, at random (0)',
    env: ['GUNICORN_MAX_REQUESTS_JITTER'],
    key: 'gunicorn.max_requests_jitter',
  },
  hooks: { value: 'FILE', help: 'module with functions to call (none)', key: 'hooks' },
  pid: { short: 'p', value: 'FILE', help: 'file for the pid of the master (none)' },
  'log-file': { value: 'FILE', help: 'file for the log; SIGUSR1 reopens it (stderr)' },
  'log-level': { value: 'LEVEL', help: `${logLevels.join(', ')} (info)` },
  config: { short: 'c', value: 'FILE', help: 'configuration file, YAML (none)' },
  'check-config': { help: 'check the configuration, and end' },
  'print-config': { help: 'print the configuration with its sources, and end' },
  version: { short: 'v', help: 'print the version, and end' },
  help: { short: 'h', help: 'this text' },
}

type Environment = Readonly<Record<string, string | undefined>>

/** Settings of the exporter that the file may give: they reach it, and the workers, by the environment. */
const exporterKeys: Readonly<Record<string, string>> = {
  'prometheus.metrics_port': 'PROMETHEUS_METRICS_PORT',
  'prometheus.bind_address': 'PROMETHEUS_BIND_ADDRESS',
  'prometheus.multiproc_dir': 'PROMETHEUS_MULTIPROC_DIR',
}

const knownKeys: ReadonlySet<string> = new Set([
  ...Object.values(runOptions).flatMap(({ key }) => key ?? []),
  ...Object.keys(exporterKeys),
])

/** Reads the command line behind `run`. What stands behind the application's file is the application's. */
export function parseRun(argv: readonly string[], environment: Environment): RunRequest {
  const faults: string[] = []
  const { own, app, args } = split(argv)
  const values = readValues(own, faults)
  if (values.version === '') return { kind: 'print', text: `${version}\n` }
  if (values.help === '') return { kind: 'print', text: runHelp() }
  const file = values.config ? readConfigFile(values.config, knownKeys, faults) : new Map()
  const read = new Reader({ values, environment, file, faults })
  const settings = readSettings(read, { app: app ?? '', args })
  const check = values['check-config'] === undefined ? undefined : 'The configuration is good.\n'
  const text = values['print-config'] === undefined ? check : read.shown()
  if (app === undefined && text === undefined) {
    faults.push('No application was named: run [options] FILE [arguments].')
  }
  faults.push(...exporterFaults({ ...environment, ...settings.environment }))
  if (faults.length > 0) return { kind: 'faults', faults }
  return text === undefined ? { kind: 'run', settings } : { kind: 'print', text }
}

function exporterFaults(environment: Environment): readonly string[] {
  const resolution = resolveSettings(environment, { multiprocDir: '' })
  return resolution.kind === 'faults' ? resolution.faults : []
}

function readSettings(read: Reader, given: Pick<RunSettings, 'app' | 'args'>): RunSettings {
  const hooks = read.text('hooks')
  return {
    ...given,
    workers: read.integer('workers', 1, { least: 1, most: 1_024 }),
    timeoutMs: read.seconds('timeout', 30),
    gracefulTimeoutMs: read.seconds('graceful-timeout', 30),
    keepAliveMs: read.seconds('keep-alive', 2),
    maxRequests: read.integer('max-requests', 0, { least: 0, most: 1e9 }),
    maxRequestsJitter: read.integer('max-requests-jitter', 0, { least: 0, most: 1e9 }),
    hooks: hooks === undefined ? undefined : resolve(hooks),
    pidFile: read.text('pid'),
    logFile: read.text('log-file'),
    logLevel: read.level('log-level', 'info'),
    environment: read.exporterEnvironment(),
  }
}

function split(argv: readonly string[]): {
  own: string[]
  app: string | undefined
  args: string[]
} {
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserOptions(),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const end = tokens.find(({ kind }) => kind === 'positional' || kind === 'option-terminator')
  if (!end) return { own: [...argv], app: undefined, args: [] }
  const at = end.kind === 'positional' ? end.index : end.index + 1
  return { own: argv.slice(0, end.index), app: argv[at], args: argv.slice(at + 1) }
}

function readValues(own: string[], faults: string[]): Partial<Record<Name, string>> {
  const values: Partial<Record<Name, string>> = {}
  const { tokens } = parseArgs({ args: own, options: parserOptions(), strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    if (isName(name)) {
      const fault = valueFault(runOptions[name], value)
      if (fault) faults.push(`${rawName} ${fault}`)
      values[name] = value ?? ''
    } else faults.push(`${rawName} is no option of run; --help lists them.`)
  }
  return values
}

function isName(name: string): name is Name {
  return Object.hasOwn(runOptions, name)
}

function valueFault({ value: wanted }: Option, value: string | undefined): string | undefined {
  if (wanted && !value) return `needs a value: ${wanted}.`
  if (!wanted && value !== undefined) return `takes no value; got ${JSON.stringify(value)}.`
  return undefined
}

function parserOptions(): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  return Object.fromEntries(
    Object.entries(runOptions).map(([name, option]: [string, Option]) => [
      name,
      {
        type: option.value ? ('string' as const) : ('boolean' as const),
        ...(option.short ? { short: option.short } : {}),
      },
    ]),
  )
}

interface Sources {
  readonly values: Partial<Record<Name, string>>
  readonly environment: Environment
  readonly file: ReadonlyMap<string, string>
  readonly faults: string[]
}

interface Found {
  readonly text: string | undefined
  /** Who said it, in words for the operator. */
  readonly source: string
}

/** Reads one setting after the other, the command line before the environment before the file. */
class Reader {
  readonly #sources: Sources
  readonly #shown: string[] = []

  constructor(sources: Sources) {
    this.#sources = sources
  }

  integer(name: Name, fallback: number, { least, most }: { least: number; most: number }): number {
    const { text, source } = this.#find(name, String(fallback))
    if (text === undefined) return fallback
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    this.#refuse(source, text, `an integer from ${least} to ${most}`)
    return fallback
  }

  /** @returns milliseconds. */
  seconds(name: Name, fallback: number): number {
    const { text, source } = this.#find(name, String(fallback))
    if (text === undefined) return fallback * 1_000
    const number = /^\d{1,9}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
    if (number <= mostSeconds) return number * 1_000
    this.#refuse(source, text, `seconds from 0 to ${mostSeconds}`)
    return fallback * 1_000
  }

  level(name: Name, fallback: LogLevel): LogLevel {
    const { text, source } = this.#find(name, fallback)
    if (text === undefined) return fallback
    const level = logLevels.find((each) => each === text)
    if (!level) this.#refuse(source, text, logLevels.join(', '))
    return level ?? fallback
  }

  text(name: Name): string | undefined {
    return this.#find(name, 'none').text
  }

  exporterEnvironment(): Readonly<Record<string, string>> {
    const { environment, file } = this.#sources
    const given = Object.entries(exporterKeys).flatMap(([key, variable]) => {
      const value = environment[variable]?.trim() ? undefined : file.get(key)
      return value === undefined ? [] : [[variable, value] as const]
    })
    for (const [variable, value] of given) this.#show(variable, { text: value, source: 'file' }, '')
    return Object.fromEntries(given)
  }

  /** The settings read so far with their sources, a line each. */
  shown(): string {
    return `${this.#shown.join('\n')}\n`
  }

  #find(name: Name, fallback: string): Found {
    const found = this.#look(name)
    this.#show(name, found, fallback)
    return found
  }

  #look(name: Name): Found {
    const { values, environment, file } = this.#sources
    // One without a value is told already.
    if (values[name]) return { text: values[name], source: `--${name}` }
    const { env, key } = runOptions[name]
    const variable = env?.find((each) => environment[each]?.trim())
    if (variable) return { text: environment[variable]?.trim(), source: variable }
    const value = key === undefined ? undefined : file.get(key)
    return { text: value, source: `exporter.${key}` }
  }

  #show(name: string, { text, source }: Found, fallback: string): void {
    const shown = text === undefined ? `${fallback}  (default)` : `${text}  (${source})`
    this.#shown.push(`${name.padEnd(26)}${shown}`)
  }

  #refuse(source: string, got: string, allowed: string): void {
    this.#sources.faults.push(`${source} is ${JSON.stringify(got)}; allowed is ${allowed}.`)
  }
}

/** A day: longer than anything waits for a worker, and short enough for a timer. */
const mostSeconds = 86_400

/** The text of `run --help`. */
export function runHelp(): string {
  const rows = Object.entries(runOptions).map(([name, option]: [string, Option]) => {
    const flags = `${option.short ? `-${option.short}, ` : '    '}--${name}${option.value ? ` ${option.value}` : ''}`
    const env = option.env ? ` [${option.env.join(', ')}]` : ''
    return `  ${flags.padEnd(34)}${option.help}${env}`
  })
  return `Usage: gunicorn-prometheus-exporter run [options] FILE [arguments of the application]\n\n${rows.join('\n')}\n`
}
