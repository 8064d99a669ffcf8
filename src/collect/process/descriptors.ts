import { readdirSync, readFileSync, statSync } from 'node:fs'
import { collectLimits } from '../../limits/collect.ts'
import { errorCodeOf } from '../../support/error-code.ts'
import { cachedReading } from './cached-reading.ts'

/** File descriptors of this process. */
export interface Descriptors {
  readonly open: () => number
  /** Undefined without a limit. */
  readonly max: () => number | undefined
}

const folder = '/proc/self/fd'

/**
 * Undefined where the system has no /proc.
 * @param size reads the number of open descriptors without a search, 0 before Linux 6.2.
 */
export function observeDescriptors(
  size: () => number = () => statSync(folder).size,
): Descriptors | undefined {
  try {
    statSync(folder)
    return readers(readMax(), size)
  } catch {
    return undefined
  }
}

function readers(max: number | undefined, size: () => number): Descriptors {
  let known = max
  const readKnown = (): number | undefined => {
    try {
      known = readMax()
    } catch {
      // A process at its limit has no descriptor left to read the file with.
    }
    return known
  }
  const counted = cachedReading(() => countOf(known), collectLimits.slowReadingMs)
  return {
    open: () => size() || counted(),
    max: cachedReading(readKnown, collectLimits.slowReadingMs),
  }
}

function countOf(max: number | undefined): number {
  try {
    // The folder itself is open during the search.
    return readdirSync(folder).length - 1
  } catch (error) {
    if (errorCodeOf(error) === 'EMFILE' && max !== undefined) return max
    throw error
  }
}

function readMax(): number | undefined {
  const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  return soft === undefined ? undefined : Number(soft)
}
