#!/usr/bin/env node
import { environment } from '../config/environment.ts'
import { jsonLine, parseLogFormat } from '../log/log-line.ts'
import { quoted } from '../log/redact.ts'
import { version } from '../model/version.ts'
import { messageOf } from '../support/error-message.ts'
import { check } from './check.ts'
import { run } from './run.ts'
import { parseRun } from './run-options.ts'
import { serve } from './serve.ts'
import { isSidecar, parseServe } from './serve-options.ts'

const usage = `Usage: gunicorn-prometheus-exporter COMMAND

  run [options] FILE     runs a Node.js server in several workers, with metrics
  serve [options]        serves metrics from Redis or from a shared directory (sidecar)
  check [--config FILE]  prints every setting with its source, or every wrong setting
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
else
  refuse(
    [command === undefined ? 'A command is missing.' : `${quoted(command)} is not a command.`],
    usage,
  )

function start(argv: readonly string[]): void {
  const request = parseRun(argv, environment())
  if (request.kind === 'print') process.stdout.write(request.text)
  else if (request.kind === 'faults') refuse(request.faults)
  else attempt(() => run(request.settings, argv))
}

function startSidecar(argv: readonly string[]): void {
  const request = parseServe(argv, environment())
  if (request.kind === 'print') process.stdout.write(request.text)
  else if (request.kind === 'faults') refuse(request.faults)
  else attempt(() => serve(request.settings))
}

function show(argv: readonly string[]): void {
  const finding = check(argv)
  if (finding.kind === 'good') process.stdout.write(finding.text)
  else refuse(finding.faults)
}

function attempt(act: () => void): void {
  try {
    act()
  } catch (error) {
    refuse([messageOf(error)])
  }
}

/** @param help a usage text below the faults; JSON lines leave the text out. */
function refuse(faults: readonly string[], help?: string): void {
  const lines = help === undefined ? faults : [...faults, '', help]
  const line =
    parseLogFormat(environment()['PROMETHEUS_LOG_FORMAT']) === 'text'
      ? `gunicorn-prometheus-exporter: ${lines.join('\n')}`
      : jsonLine({
          level: 'error',
          message: faults.join(' '),
          component: 'cli',
          fields: { faults },
        })
  process.stderr.write(`${line}\n`)
  process.exitCode = misuse
}
