import { readFileSync, readlinkSync } from 'node:fs'
import { isRecord } from './report.ts'

/** What tells a process from every other that had or will have its pid. */
export interface ProcessLife {
  readonly pid: number
  /** Unix second. */
  readonly startSeconds: number
  /** Its start by the kernel's clock, in ticks since boot; 0 where the system does not tell. */
  readonly startTicks: number
  /** Where its pid means something; empty where the system does not tell. */
  readonly namespace: string
}

/** This process's. @param startSeconds Unix second of its start. */
export function ownLife(startSeconds: number): ProcessLife {
  const { pid } = process
  const stat = statOf(pid)
  const startTicks = typeof stat === 'object' ? stat.startTicks : 0
  return { pid, startSeconds, startTicks, namespace: ownNamespace() }
}

/** Undefined for what is none. */
export function parseLife(value: unknown): ProcessLife | undefined {
  if (!isRecord(value)) return undefined
  const { pid, startSeconds, startTicks, namespace } = value
  const numbers = [pid, startSeconds, startTicks]
  if (!numbers.every(isIndex) || typeof namespace !== 'string') return undefined
  return value as unknown as ProcessLife
}

/** Whether a process still lives; 'unknown' where its pid means nothing here, or the system does not say enough. */
export function fateOf({ pid, startTicks, namespace }: ProcessLife): 'alive' | 'dead' | 'unknown' {
  if (namespace !== ownNamespace()) return 'unknown'
  if (startTicks === 0) return isNobody(pid) ? 'dead' : 'unknown'
  const stat = statOf(pid)
  if (stat === 'nobody') return 'dead'
  if (stat === 'unknown') return 'unknown'
  // A zombie has ended, whenever somebody asks how.
  return stat.startTicks === startTicks && stat.state !== 'Z' && stat.state !== 'X'
    ? 'alive'
    : 'dead'
}

/** What Linux says of a process; its name, in brackets, may hold anything. */
function statOf(
  pid: number,
): { readonly state: string; readonly startTicks: number } | 'nobody' | 'unknown' {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const startTicks = Number(fields[19])
    return isIndex(startTicks) ? { state: fields[0] ?? '', startTicks } : 'unknown'
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'nobody' : 'unknown'
  }
}

function ownNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function isNobody(pid: number): boolean {
  try {
    // Asks, and sends nothing. 0 would be ourselves.
    return pid > 0 && !process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'ESRCH'
  }
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}
