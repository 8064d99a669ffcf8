import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { performance } from 'node:perf_hooks'
import { isRecord } from './guards.ts'

/** Unix second in which this process started. */
export const startSeconds: number = Math.floor(performance.timeOrigin / 1_000)
/** A process, as others on its machine can find it. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in the kernel's own measure; empty where that is not told. */
  readonly startTicks: string
  /** Of everything that sees the same pids: two containers of one host do not. */
  readonly pidNamespace: string
}

/** This process. */
export function ownProcessIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    startTicks: startTicksOf(process.pid) ?? '',
    pidNamespace: ownPidNamespace(),
  }
}

/** Undefined for what is none. */
export function parseProcessIdentity(value: unknown): ProcessIdentity | undefined {
  if (!isRecord(value)) return undefined
  const { pid, startTicks, pidNamespace: where } = value
  // 0 and what is negative would ask for the life of groups.
  if (!Number.isSafeInteger(pid) || (pid as number) < 1) return undefined
  if (typeof startTicks !== 'string' || typeof where !== 'string') return undefined
  return { pid: pid as number, startTicks, pidNamespace: where }
}

/** @returns undefined where that cannot be told from here. */
export function isAlive({
  pid,
  startTicks,
  pidNamespace: where,
}: ProcessIdentity): boolean | undefined {
  if (where === '' || where !== ownPidNamespace()) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Of somebody else's that lives one is not allowed to know more.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  const known = startTicksOf(pid)
  // A pid is used again.
  return known === undefined || startTicks === '' || known === startTicks
}

/** Of everything that sees the same pids; empty where that is not told. */
export function ownPidNamespace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    // No Linux: no namespaces of pids either.
    return process.platform === 'linux' ? '' : hostname()
  }
}

/** The 22nd field; `gone` for one that has ended and waits for its parent. */
function startTicksOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name before may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : fields[19]
  } catch {
    return undefined
  }
}
