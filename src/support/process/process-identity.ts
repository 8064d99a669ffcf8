import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { errorCodeOf } from '../error-code.ts'
import { isIntegerBetween, isRecord } from '../guards.ts'
import { timeOrigin } from '../intrinsics/monotonic-now.ts'
import { hasEnded, parseProcessStat, readProcessStat } from './process-stat.ts'

/** Start of this process, Unix seconds, rounded down. */
export const startSeconds: number = Math.floor(timeOrigin / 1_000)

/** Identifies a process to other processes on the same machine. */
export interface ProcessIdentity {
  readonly pid: number
  /** Start time in the kernel's clock ticks; empty if the system does not report the time. */
  readonly startTicks: string
  /** The pid namespace. Two containers of a host have different namespaces. */
  readonly pidNamespace: string
}

/** The identity of this process. */
export function ownProcessIdentity(): ProcessIdentity {
  return identityOf(process.pid)
}

/** The identity of a process in the pid namespace of this process. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTicks: startTicksOf(pid) ?? '', pidNamespace: ownPidNamespace() }
}

/**
 * Start time of this process in clock ticks, for readers of `/proc/<pid>/stat` that know
 * `process.pid`.
 * @returns undefined without `/proc`, or where `/proc` shows another pid namespace.
 */
export function ownStartTicks(): string | undefined {
  try {
    const text = readFileSync('/proc/self/stat', 'latin1')
    if (Number.parseInt(text, 10) !== process.pid) return undefined
    return parseProcessStat(text)?.startTicks
  } catch {
    return undefined
  }
}

/** Returns undefined for a value that is no identity. */
export function parseProcessIdentity(value: unknown): ProcessIdentity | undefined {
  if (!isRecord(value)) return undefined
  const { pid, startTicks, pidNamespace: where } = value
  // A pid of 0 or less addresses a process group.
  if (!isIntegerBetween(pid, 1, Number.MAX_SAFE_INTEGER)) return undefined
  if (typeof startTicks !== 'string' || typeof where !== 'string') return undefined
  return { pid, startTicks, pidNamespace: where }
}

/** Whether a process is alive; undefined if this process cannot see the other's pid namespace. */
export function isAlive({
  pid,
  startTicks,
  pidNamespace: where,
}: ProcessIdentity): boolean | undefined {
  if (where === '' || where !== ownPidNamespace()) return undefined
  if (!isThere(pid)) return false
  const known = startTicksOf(pid)
  // The system reuses pids.
  return known === undefined || startTicks === '' || known === startTicks
}

/** Whether any process has the pid, in the pid namespace of this process. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: the process is alive and belongs to another user.
    return errorCodeOf(error) === 'EPERM'
  }
}

/**
 * Whether a child of this process has ended. Without `/proc`, a child counts as alive until this
 * process has taken its exit code.
 */
export function hasProcessEnded(pid: number): boolean {
  const stat = readProcessStat(pid)
  return stat ? hasEnded(stat) : !isThere(pid)
}

/** The pid namespace of this process; empty if the system does not report the namespace. */
export function ownPidNamespace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    // Other systems have no pid namespaces.
    return process.platform === 'linux' ? '' : hostname()
  }
}

/** Start time of a process in clock ticks; `gone` for a zombie. */
function startTicksOf(pid: number): string | undefined {
  const stat = readProcessStat(pid)
  return stat && hasEnded(stat) ? 'gone' : stat?.startTicks
}
