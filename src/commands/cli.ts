#!/usr/bin/env node
import { environment } from '../config/environment.ts'
import { jsonLine, type LogFormat, parseLogFormat } from '../log/log-line.ts'
import { quoted } from '../log/redact.ts'
import { printable } from '../model/text/printable.ts'
import { version } from '../model/version.ts'
import { messageOf } from '../support/error-message.ts'
import { nearestName } from '../support/nearest-name.ts'
import { check } from './check.ts'
import { run } from './run.ts'
import { parseRun } from './run-options.ts'
import { serve } from './serve.ts'
import { isSidecar, parseServe } from './serve-options.ts'

const usage = `Usage: gunicorn-prometheus-exporter COMMAND

  run [options] FILE     runs a Node.js server in several workers, with metrics
  serve [options]        serves metrics from Redis or from a shared directory (sidecar)
  check [options]        prints every setting with its source, or every wrong setting
  --version              prints the version
  --help                 prints this text; after a command, its options
`
/** Exit code for wrong usage. */
const misuse = 2

const [command, ...rest] = process.argv.slice(2)
if (command === 'run') start(rest)
else if (command === 'serve' || (command === undefined && isSidecar(environment())))
  startSidecar(rest)
else if (command === 'check') show(rest)
else if (command === '--version' || command === '-v') process.stdout.write(`${version}\n`)
else if (command === '--help' || command === '-h') process.stdout.write(usage)
else refuse([misusedText(command)], { help: usage })

function misusedText(given: string | undefined): string {
  if (given === undefined) return 'A command is missing.'
  const right = nearestName(given, ['run', 'serve', 'check'])
  return `${quoted(given)} is not a command${right ? `; did you mean ${right}?` : '.'}`
}

function start(argv: readonly string[]): void {
  const request = parseRun(argv, environment())
  if (request.kind === 'print') process.stdout.write(request.text)
  else if (request.kind === 'faults') refuse(request.faults, request)
  else attempt(() => run(request.settings, argv), request.settings.exporter.logFormat)
}

function startSidecar(argv: readonly string[]): void {
  const request = parseServe(argv, environment())
  if (request.kind === 'print') process.stdout.write(request.text)
  else if (request.kind === 'faults') refuse(request.faults, request)
  else attempt(() => serve(request.settings), request.settings.logFormat)
}

function show(argv: readonly string[]): void {
  const finding = check(argv)
  if (finding.kind === 'misuse') refuse(finding.faults, { help: finding.help })
  else if (finding.kind === 'faults') refuse(finding.faults, finding)
  else {
    process.stdout.write(finding.text)
    if (!finding.isGood) process.exitCode = misuse
  }
}

function attempt(act: () => void, logFormat: LogFormat): void {
  try {
    act()
  } catch (error) {
    refuse([messageOf(error)], { logFormat })
  }
}

interface Manner {
  /** A usage text below the faults; JSON lines leave the text out. */
  readonly help?: string
  readonly warnings?: readonly string[]
  /** Default: the format of the variable. */
  readonly logFormat?: LogFormat
}

function refuse(faults: readonly string[], manner: Manner = {}): void {
  const { help, warnings = [], logFormat } = manner
  const format = logFormat ?? parseLogFormat(environment()['PROMETHEUS_LOG_FORMAT'])
  const lines = [...faults, ...warnings.map((text) => `Warning: ${text}`)]
  if (help !== undefined) lines.push('', help)
  const line =
    format === 'text'
      ? `gunicorn-prometheus-exporter: ${printable(lines.join('\n'))}`
      : jsonLine({
          level: 'error',
          message: faults.join(' '),
          component: 'cli',
          fields: { faults, warnings },
        })
  process.stderr.write(`${line}\n`)
  process.exitCode = misuse
}
