import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { processLimits } from '../../limits/master.ts'
import { isThere } from '../../support/process/process-identity.ts'
import { hasEnded, readProcessStat } from '../../support/process/process-stat.ts'

/** A pid file as another process has left the file. */
export interface PidRecord {
  readonly pid: number
  /** When the file was written, Unix milliseconds. */
  readonly writtenMs: number
}

/**
 * Whether the process that wrote the file can still live. The system reuses pids: a process that
 * started after the file, or that is no Node.js program, is another process.
 */
export function canLive({ pid, writtenMs }: PidRecord): boolean {
  if (!isThere(pid)) return false
  const startedMs = startOf(pid)
  if (startedMs === 'ended') return false
  if (startedMs !== undefined && startedMs > writtenMs + processLimits.clockErrorMs) return false
  const command = commandOf(pid)
  return command === undefined || isNode(command)
}

/** Unix milliseconds; undefined where the system has no `/proc`. */
function startOf(pid: number): number | 'ended' | undefined {
  const stat = readProcessStat(pid)
  const boot = bootSeconds()
  if (!stat || boot === undefined) return undefined
  return hasEnded(stat) ? 'ended' : 1_000 * boot + 10 * Number(stat.startTicks)
}

/** The boot of the system, Unix seconds. */
function bootSeconds(): number | undefined {
  try {
    const [, seconds] = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1')) ?? []
    return seconds === undefined ? undefined : Number(seconds)
  } catch {
    return undefined
  }
}

/** The command line of a process; undefined where the system does not tell. */
function commandOf(pid: number): string | undefined {
  try {
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    // A kernel thread has no command line.
    return `${program} ${args.join(' ')}`
  } catch {
    const options = { encoding: 'utf8', timeout: processLimits.psMs } as const
    const { status, stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], options)
    return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
  }
}

/** Hooks can set `process.title`. The title then usually has the name of this package. */
function isNode(command: string): boolean {
  const [program = ''] = command.split(' ')
  return (
    basename(program) === basename(process.execPath) ||
    /\bnode|gunicorn-prometheus-exporter/.test(command)
  )
}
