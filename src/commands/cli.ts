#!/usr/bin/env node
import { environment } from '../config/environment.ts'
import type { LogFormat } from '../log/log-line.ts'
import { quoted } from '../log/redact.ts'
import { codeOf } from '../model/errors/coded-error.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { version } from '../model/version.ts'
import { messageOf } from '../support/error-message.ts'
import { nearestName } from '../support/nearest-name.ts'
import { createRequire } from '../support/process/create-require.ts'
import { check } from './check/check.ts'
import type * as Ctl from './ctl/ctl.ts'
import type * as Doctor from './doctor/doctor.ts'
import { print } from './line/output.ts'
import { misuse, refuse } from './line/refusal.ts'
import { run } from './run/run.ts'
import { parseRun } from './run/run-options.ts'
import type * as Serve from './serve/serve.ts'
import { isSidecar, parseServe } from './serve/serve-options.ts'
import type * as Top from './top/top.ts'

interface Command {
  readonly name: string
  /** What follows the name, for the usage text. */
  readonly operands: string
  readonly help: string
  readonly start: (argv: readonly string[]) => void
}

const commands: readonly Command[] = [
  {
    name: 'run',
    operands: '[options] FILE',
    help: 'runs a Node.js server in several workers, with metrics',
    start(argv) {
      const request = parseRun(argv, environment())
      if (request.kind === 'print') print(request.text)
      else if (request.kind === 'faults') refuse(request.faults, request)
      else attempt(() => run(request.settings, argv), request.settings.exporter.logFormat)
    },
  },
  {
    name: 'serve',
    operands: '[options]',
    help: 'serves metrics from Redis or from a shared directory (sidecar)',
    start(argv) {
      const request = parseServe(argv, environment())
      if (request.kind === 'print') print(request.text)
      else if (request.kind === 'faults') refuse(request.faults, request)
      else
        attempt(
          () => loaded<typeof Serve>('serve').serve(request.settings),
          request.settings.logFormat,
        )
    },
  },
  {
    name: 'check',
    operands: '[options]',
    help: 'prints every setting with its source, or every wrong setting',
    start(argv) {
      const finding = check(argv)
      if (finding.kind === 'misuse') refuse(finding.faults, { help: finding.help })
      else if (finding.kind === 'faults') refuse(finding.faults, finding)
      else {
        print(finding.text)
        if (!finding.isGood) process.exitCode = misuse
      }
    },
  },
  {
    name: 'ctl',
    operands: '[options] [COMMAND]',
    help: 'shows and steers the master of run, by its control socket',
    start: (argv) => void loaded<typeof Ctl>('ctl').ctl(argv),
  },
  {
    name: 'doctor',
    operands: '[options]',
    help: 'looks at a running or failing set-up, and says what to do',
    start: (argv) => void loaded<typeof Doctor>('doctor').doctor(argv),
  },
  {
    name: 'top',
    operands: '[options] [URL]',
    help: 'shows workers, routes and deaths in the terminal',
    start: (argv) => loaded<typeof Top>('top').top(argv),
  },
]

const [given, ...rest] = process.argv.slice(2)
const name = given ?? (isSidecar(environment()) ? 'serve' : undefined)
const command = commands.find((each) => each.name === name)
if (command) command.start(rest)
else if (given === '--version' || given === '-v') print(`${version}\n`)
else if (given === '--help' || given === '-h') print(usage())
else refuse([misusedText(given)], { help: usage() })

/** Loads the bundle of a command. Other commands, and the master of `run`, do not need its code. */
function loaded<Module>(file: string): Module {
  return createRequire(import.meta.url)(`./${file}.cjs`) as Module
}

function usage(): string {
  const rows = [
    ...commands.map((each) => [`${each.name} ${each.operands}`, each.help]),
    ['--version', 'prints the version'],
    ['--help', 'prints this text; after a command, its options'],
  ]
  const lines = rows.map(([form = '', help = '']) => `  ${form.padEnd(21)}  ${help}\n`)
  return `Usage: gunicorn-prometheus-exporter COMMAND\n\n${lines.join('')}`
}

function misusedText(wrong: string | undefined): CodedText {
  if (wrong === undefined) return coded('GPE_COMMAND_MISSING', 'A command is missing.')
  const names = commands.map((each) => each.name)
  const right = nearestName(wrong, names)
  const hint = right ? `; did you mean ${right}?` : '.'
  return coded('GPE_COMMAND_UNKNOWN', `${quoted(wrong)} is not a command${hint}`)
}

function attempt(act: () => void, logFormat: LogFormat): void {
  try {
    act()
  } catch (error) {
    refuse([coded(codeOf(error) ?? 'GPE_START_FAILED', messageOf(error))], { logFormat })
  }
}
