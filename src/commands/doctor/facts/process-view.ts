import { readdirSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { pm2Variables } from '../../../config/pm2.ts'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { firstBytesOf } from '../../../support/process/proc-file.ts'

/** A process as `/proc` shows the process. */
export interface ProcessView {
  readonly pid: number
  readonly parent: number
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly command: readonly string[]
  /** Undefined where this user may not read the variables. */
  readonly environment: Readonly<Record<string, string>> | undefined
  /** Path of the program; undefined where this user may not read the link. */
  readonly program: string | undefined
  readonly directory: string | undefined
}

/**
 * Reads a process.
 * @param root where the system shows processes. Default: `/proc`.
 * @returns undefined where no process has the pid, and on other systems.
 */
export function processView(pid: number, root = '/proc'): ProcessView | undefined {
  const place = `${root}/${pid}`
  const status = textOf(`${place}/status`)
  if (status === undefined) return undefined
  return {
    pid,
    parent: numberIn(status, /^PPid:\s+(\d+)/m),
    uid: numberIn(status, /^Uid:\s+(\d+)/m),
    gid: numberIn(status, /^Gid:\s+(\d+)/m),
    groups: (/^Groups:[\t ]*(.*)$/m.exec(status)?.[1] ?? '').split(' ').filter(Boolean).map(Number),
    command: wordsOf(textOf(`${place}/cmdline`) ?? ''),
    environment: variablesOf(textOf(`${place}/environ`)),
    program: linkOf(`${place}/exe`),
    directory: linkOf(`${place}/cwd`),
  }
}

/** The processes of the system, as far as the limit allows. Empty on other systems. */
export function processesBelow(parents: readonly number[], root = '/proc'): ProcessView[] {
  const views = idsIn(root).flatMap((pid) => {
    const status = textOf(`${root}/${pid}/status`)
    if (status === undefined || !parents.includes(numberIn(status, /^PPid:\s+(\d+)/m))) return []
    return processView(pid, root) ?? []
  })
  return views
}

/** The program and its script, without arguments: these can be secrets. */
export function shownProcess({ pid, command, program }: ProcessView): string {
  const [first = '', ...rest] = command
  const name = basename(program ?? first)
  const script = /^(?:node|nodejs|bun|python[\d.]*)$/.test(name) ? scriptOf(rest) : undefined
  return `${name || 'a process'}${script ? ` ${script}` : ''}, pid ${pid}`
}

/** Whether a word of a command line is the program of this package. */
export function isOwnProgram(word: string): boolean {
  return /^(?:cli\.cjs|gunicorn-prometheus-exporter)$/.test(basename(word))
}

/** Flags that take the next argument, of Node.js and of Python. */
const valued = /^(?:-r|--require|--import|--loader|--experimental-loader|-m|-c|-e|--eval|-p)$/

function scriptOf(args: readonly string[]): string | undefined {
  const at = args.findIndex(
    (each, index) => !(each.startsWith('-') || valued.test(args[index - 1] ?? '')),
  )
  // Python runs the module of -m, and code on the command line has no file.
  const inline = args
    .slice(0, at < 0 ? args.length : at)
    .find((each) => /^(?:-[mcep]|--eval)$/.test(each))
  if (inline !== undefined) return inline === '-m' ? args[args.indexOf('-m') + 1] : undefined
  const script = args[at]
  if (script === undefined) return undefined
  const name = basename(script)
  return isOwnProgram(script) ? `gunicorn-prometheus-exporter ${args[at + 1] ?? ''}`.trim() : name
}

function idsIn(root: string): number[] {
  try {
    const names = readdirSync(root).filter((name) => /^\d+$/.test(name))
    return names.slice(0, doctorLimits.processes).map(Number)
  } catch {
    return []
  }
}

function variablesOf(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined
  const pairs = wordsOf(text).flatMap((word) => {
    const at = word.indexOf('=')
    return at > 0 ? [[word.slice(0, at), word.slice(at + 1)] as const] : []
  })
  const variables = Object.fromEntries(pairs)
  const { pm2_env: inOne } = variables
  return inOne === undefined ? variables : { ...variables, ...pm2Variables(inOne) }
}

/** The kernel writes a zero byte behind each text. */
function wordsOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\0$/, '').split('\0')
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN)
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function textOf(path: string): string | undefined {
  try {
    return firstBytesOf(path, doctorLimits.processBytes).toString('utf8')
  } catch {
    return undefined
  }
}
