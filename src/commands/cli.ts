#!/usr/bin/env node
import { environment } from '../config/environment.ts'
import { quoted } from '../log/redact.ts'
import { version } from '../model/version.ts'
import { messageOf } from '../support/error-message.ts'
import { check } from './check.ts'
import { run } from './run.ts'
import { parseRun } from './run-options.ts'
import { serve } from './serve.ts'
import { isSidecar, parseServe } from './serve-options.ts'

const usage = `Usage: gunicorn-prometheus-exporter COMMAND

  run [options] FILE     a pre-fork master for a Node server, with its metrics (run --help)
  serve [options]        a sidecar: shows what others left in Redis or a shared directory (serve --help)
  check [--config FILE]  what the configuration comes to, and what is wrong with it
  --version
  --help
`
/** Exit code for what was asked wrongly, as everywhere. */
const misuse = 2

const [command, ...rest] = process.argv.slice(2)
if (command === 'run') start(rest)
else if (command === 'serve' || (command === undefined && isSidecar(environment())))
  startSidecar(rest)
else if (command === 'check') show(rest)
else if (command === '--version' || command === '-v') process.stdout.write(`${version}\n`)
else if (command === '--help' || command === '-h') process.stdout.write(usage)
else
  refuse([
    command === undefined ? 'No command was given.' : `${quoted(command)} is no command.`,
    '',
    usage,
  ])

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

function refuse(lines: readonly string[]): void {
  process.stderr.write(`gunicorn-prometheus-exporter: ${lines.join('\n')}\n`)
  process.exitCode = misuse
}
