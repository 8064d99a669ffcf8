import { parseArgs } from 'node:util'
import { type LogLevel, logLevels, type RunSettings } from './run-settings.ts'

/** What a command line of `run` asks for. */
export type RunRequest =
  | { readonly kind: 'run'; readonly settings: RunSettings }
  | { readonly kind: 'help' }
  /** Every fault at once, a sentence each. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

interface Option {
  readonly short?: string
  readonly value?: string
  readonly help: string
  /** Environment variables that say the same, the first one that is set counts. */
  readonly env?: readonly string[]
}

type Name =
  | 'workers'
  | 'timeout'
  | 'graceful-timeout'
  | 'keep-alive'
  | 'max-requests'
  | 'max-requests-jitter'
  | 'pid'
  | 'log-file'
  | 'log-level'
  | 'help'

export const runOptions: Readonly<Record<Name, Option>> = {
  workers: {
    short: 'w',
    value: 'N',
    help: 'worker processes (1)',
    env: ['GUNICORN_WORKERS', 'WEB_CONCURRENCY'],
  },
  timeout: {
    short: 't',
    value: 'SECONDS',
    help: 'kill a worker whose event loop stands still for so long; 0 = never (30)',
    env: ['GUNICORN_TIMEOUT'],
  },
  'graceful-timeout': {
    value: 'SECONDS',
    help: 'what a worker has to finish; 0 = as long as it takes (30)',
    env: ['GUNICORN_GRACEFUL_TIMEOUT'],
  },
  'keep-alive': {
    value: 'SECONDS',
    help: 'how long an idle connection is kept (2)',
    env: ['GUNICORN_KEEPALIVE'],
  },
  'max-requests': {
    value: 'N',
    help: 'replace a worker after so many requests; 0 = never (0)',
    env: ['GUNICORN_MAX_REQUESTS'],
  },
  'max-requests-jitter': {
    value: 'N',
    help: 'add up to so many, at random (0)',
    env: ['GUNICORN_MAX_REQUESTS_JITTER'],
  },
  pid: { short: 'p', value: 'FILE', help: 'file for the pid of the master' },
  'log-file': { value: 'FILE', help: 'file for the log; SIGUSR1 reopens it (stderr)' },
  'log-level': { value: 'LEVEL', help: `${logLevels.join(', ')} (info)` },
  help: { short: 'h', help: 'this text' },
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the command line behind `run`. What stands behind the application's file is the application's. */
export function parseRun(argv: readonly string[], environment: Environment): RunRequest {
  const faults: string[] = []
  const { own, app, args } = split(argv)
  const values = readValues(own, faults)
  if (values.help !== undefined) return { kind: 'help' }
  const read = new Reader(values, environment, faults)
  if (app === undefined) faults.push('No application was named: run [options] FILE [arguments].')
  const settings: RunSettings = {
    app: app ?? '',
    args,
    workers: read.integer('workers', 1, { least: 1, most: 1_024 }),
    timeoutMs: read.seconds('timeout', 30),
    gracefulTimeoutMs: read.seconds('graceful-timeout', 30),
    keepAliveMs: read.seconds('keep-alive', 2),
    maxRequests: read.integer('max-requests', 0, { least: 0, most: 1e9 }),
    maxRequestsJitter: read.integer('max-requests-jitter', 0, { least: 0, most: 1e9 }),
    pidFile: values.pid,
    logFile: values['log-file'],
    logLevel: read.level('log-level', 'info'),
  }
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'run', settings }
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

class Reader {
  readonly #values: Partial<Record<Name, string>>
  readonly #environment: Environment
  readonly #faults: string[]

  constructor(values: Partial<Record<Name, string>>, environment: Environment, faults: string[]) {
    this.#values = values
    this.#environment = environment
    this.#faults = faults
  }

  integer(name: Name, fallback: number, { least, most }: { least: number; most: number }): number {
    const { text, source } = this.#find(name)
    if (text === undefined) return fallback
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    this.#refuse(source, text, `an integer from ${least} to ${most}`)
    return fallback
  }

  /** @returns milliseconds. */
  seconds(name: Name, fallback: number): number {
    const { text, source } = this.#find(name)
    if (text === undefined) return fallback * 1_000
    const number = /^\d{1,9}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
    if (number <= mostSeconds) return number * 1_000
    this.#refuse(source, text, `seconds from 0 to ${mostSeconds}`)
    return fallback * 1_000
  }

  level(name: Name, fallback: LogLevel): LogLevel {
    const { text, source } = this.#find(name)
    if (text === undefined) return fallback
    const level = logLevels.find((each) => each === text)
    if (!level) this.#refuse(source, text, logLevels.join(', '))
    return level ?? fallback
  }

  #find(name: Name): { text: string | undefined; source: string } {
    // One without a value is told already.
    if (this.#values[name]) return { text: this.#values[name], source: `--${name}` }
    const option: Option = runOptions[name]
    const variable = option.env?.find((each) => this.#environment[each]?.trim())
    return { text: variable && this.#environment[variable]?.trim(), source: variable ?? '' }
  }

  #refuse(source: string, got: string, allowed: string): void {
    this.#faults.push(`${source} is ${JSON.stringify(got)}; allowed is ${allowed}.`)
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
