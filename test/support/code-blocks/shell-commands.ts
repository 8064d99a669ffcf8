import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A command that a shell block starts, after the shell has expanded its words. */
export interface ShellCommand {
  readonly argv: readonly string[]
  /** Exported variables, without those of the shell itself. */
  readonly environment: Readonly<Record<string, string>>
}

export interface ShellRun {
  readonly commands: readonly ShellCommand[]
  /** What bash wrote to stderr: syntax errors, and misuse of its own commands. */
  readonly stderr: string
}

/** Separators in the record of a command. No block contains these characters. */
const [unit, half, end] = ['\x1f', '\x1e', '\x1d']

/**
 * Runs a shell block in bash, without a PATH. Bash hands each command that bash does not find to
 * `command_not_found_handle`, which writes words and variables to a file. Loops, substitutions,
 * pipes and variables are therefore real, and no program starts.
 */
export function runShellBlock(text: string, directory: string): ShellRun {
  const record = join(directory, 'commands')
  const script = [recorder(record), ...paths(text).map(recorded), 'PATH=/nowhere', text].join('\n')
  const { stderr } = spawnSync('/bin/bash', ['--norc', '-c', script], {
    cwd: directory,
    encoding: 'utf8',
    env: {},
    input: '',
    timeout: 30_000,
  })
  const written = existsSync(record) ? readFileSync(record, 'utf8') : ''
  return { stderr, commands: written.split(end).slice(0, -1).map(commandOf) }
}

function recorder(file: string): string {
  return `
record() {
  local text= name
  for name in "$@"; do text+="$name${unit}"; done
  text+="${half}"
  while read -r name; do text+="$name=\${!name}${unit}"; done <<<"$(compgen -e)"
  printf '%s' "$text${end}" >>'${file}'
}
command_not_found_handle() { record "$@"; }
kill() { record kill "$@"; }
cd() { record cd "$@"; }
exec() { record "$@"; }
`
}

/** Words with a slash. Bash would start such a program, so each word gets a function. */
function paths(text: string): string[] {
  const words = text.match(/(?<=^|[\s;&|($])\.{0,2}[\w.-]*(?:\/[\w.-]+)+(?=$|[\s;&|)])/gm) ?? []
  return [...new Set(words)]
}

function recorded(path: string): string {
  return `${path}() { record ${path} "$@"; }`
}

/** Bash sets these variables by itself. */
const ownVariables: ReadonlySet<string> = new Set(['PWD', 'OLDPWD', 'SHLVL', '_'])

function commandOf(text: string): ShellCommand {
  const [words = '', variables = ''] = text.split(half)
  const entries = variables.split(unit).slice(0, -1).map(entryOf)
  return {
    argv: words.split(unit).slice(0, -1),
    environment: Object.fromEntries(entries.filter(([name]) => !ownVariables.has(name))),
  }
}

function entryOf(text: string): [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}
