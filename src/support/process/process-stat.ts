import { readFileSync } from 'node:fs'

/** A process at one moment, as the kernel shows it in `/proc/<pid>/stat`. */
export interface ProcessStat {
  /** One letter, of the main thread: for example `R` runs, `S` sleeps, `T` stopped, `Z` zombie. */
  readonly state: string
  /** CPU time of all threads. */
  readonly userSeconds: number
  readonly systemSeconds: number
  /** Start time in clock ticks since the boot. With the pid, the time identifies the process. */
  readonly startTicks: string
  /** Resident set size. */
  readonly rssPages: number
}

/**
 * `USER_HZ`, the unit of times in `/proc`. The kernel fixes the value at 100 for each architecture
 * of Node (proc(5), `include/asm-generic/param.h`). A test compares with `getconf CLK_TCK`.
 */
const ticksPerSecond = 100

/**
 * Reads the stat of a process. The kernel takes no lock of the process's memory for this file, so
 * that a process in any state delays no reader.
 * @param root where the system shows processes. Default: `/proc`.
 * @returns undefined where the process is gone or hidden, or where the system has no such file.
 */
export function readProcessStat(pid: number, root = '/proc'): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`${root}/${pid}/stat`, 'latin1'))
  } catch {
    return undefined
  }
}

/** Whether the process has ended: it waits for its parent, or is dead. */
export function hasEnded({ state }: ProcessStat): boolean {
  return state === 'Z' || state === 'X' || state === 'x'
}

/** @returns undefined for any other text. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  // The name, in parentheses, can contain any character: also a space or a parenthesis.
  const end = text.lastIndexOf(')')
  if (end < 0) return undefined
  // proc(5) numbers the fields from 1. The field after the name is the third.
  const fields = text.slice(end + 2).split(' ')
  const field = (number: number): string => fields[number - 3] ?? ''
  const userSeconds = Number(field(14)) / ticksPerSecond
  const systemSeconds = Number(field(15)) / ticksPerSecond
  const [state, startTicks, rssPages] = [field(3), field(22), Number(field(24))]
  if (!(/^[A-Za-z]$/.test(state) && /^\d+$/.test(startTicks))) return undefined
  if (!(userSeconds >= 0 && systemSeconds >= 0 && rssPages >= 0)) return undefined
  return { state, userSeconds, systemSeconds, startTicks, rssPages }
}
