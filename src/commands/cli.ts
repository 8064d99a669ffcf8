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
import type * as Completion from './completion/completion.ts'
import type * as Ctl from './ctl/ctl.ts'
import type * as Doctor from './doctor/doctor.ts'
import { type CommandName, usage } from './line/command-list.ts'
import { print } from './line/output.ts'
import { misuse, refuse } from './line/refusal.ts'
import { run } from './run/run.ts'
import { parseRun } from './run/run-options.ts'
import type * as Serve from './serve/serve.ts'
import { isSidecar, parseServe } from './serve/serve-options.ts'
import type * as Top from './top/top.ts'

const commands: Readonly<Record<CommandName, (argv: readonly string[]) => void>> = {
  run(argv) {
    const request = parseRun(argv, environment())
    if (request.kind === 'print') print(request.text)
    else if (request.kind === 'faults') refuse(request.faults, request)
    else attempt(() => run(request.settings, argv), request.settings.exporter.logFormat)
  },
  serve(argv) {
    const request = parseServe(argv, environment())
    if (request.kind === 'print') print(request.text)
    else if (request.kind === 'faults') refuse(request.faults, request)
    else
      attempt(
        () => loaded<typeof Serve>('serve').serve(request.settings),
        request.settings.logFormat,
      )
  },
  check(argv) {
    const finding = check(argv)
    if (finding.kind === 'misuse') refuse(finding.faults, { help: finding.help })
    else if (finding.kind === 'faults') refuse(finding.faults, finding)
    else {
      print(finding.text)
      if (!finding.isGood) process.exitCode = misuse
    }
  },
  ctl: (argv) => void loaded<typeof Ctl>('ctl').ctl(argv),
  doctor: (argv) => void loaded<typeof Doctor>('doctor').doctor(argv),
  top: (argv) => loaded<typeof Top>('top').top(argv),
  completion: (argv) => loaded<typeof Completion>('completion').completion(argv),
}

const [given, ...rest] = process.argv.slice(2)
start(given ?? (isSidecar(environment()) ? 'serve' : undefined), rest)

function start(name: string | undefined, argv: readonly string[]): void {
  if (isCommand(name)) commands[name](argv)
  else if (name === 'help' && argv[0] !== undefined) helpOf(argv[0])
  else if (name === '--version' || name === '-v') print(`${version}\n`)
  else if (name === '--help' || name === '-h' || name === 'help') print(usage())
  else refuse([misusedText(name)], { help: usage() })
}

function helpOf(name: string): void {
  if (isCommand(name)) commands[name](['--help'])
  else refuse([misusedText(name)], { help: usage() })
}

function isCommand(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(commands, name)
}

/** Loads the bundle of a command. Other commands, and the master of `run`, do not need its code. */
function loaded<Module>(file: string): Module {
  return createRequire(import.meta.url)(`./${file}.cjs`) as Module
}

function misusedText(wrong: string | undefined): CodedText {
  if (wrong === undefined) return coded('GPE_COMMAND_MISSING', 'A command is missing.')
  const right = nearestName(wrong, [...Object.keys(commands), 'help'])
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
