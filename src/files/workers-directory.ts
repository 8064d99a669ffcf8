import { isIntegerBetween, isRecord } from '../support/guards.ts'
import type { PrivatePlace } from './private-place.ts'

/** The directory that a primary makes for the files of its workers. */
export type WorkersDirectory = PrivatePlace

/** The text for a worker, with the pid of the primary that reads the files. */
export function encodeWorkersDirectory(directory: WorkersDirectory, primaryPid: number): string {
  return JSON.stringify({ primaryPid, ...directory })
}

/**
 * The directory that the primary handed to this worker.
 * @param text a worker's child process inherits the text too, and has another parent process.
 * @returns undefined where the primary handed nothing.
 */
export function parseWorkersDirectory(
  text: string | undefined,
  parentPid: number,
): WorkersDirectory | undefined {
  const value = parseJson(text)
  if (!isRecord(value) || value['primaryPid'] !== parentPid) return undefined
  const { path, user, isOpen } = value
  if (typeof path !== 'string' || typeof isOpen !== 'boolean') return undefined
  if (user !== null && !isIntegerBetween(user, 0, Number.MAX_SAFE_INTEGER)) return undefined
  return { path, user, isOpen }
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
