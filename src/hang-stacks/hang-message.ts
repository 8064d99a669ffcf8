import { hangStackLimits } from '../limits/hang-stacks.ts'
import type { Hang } from '../model/hang.ts'
import { isNaturalNumber, isRecord } from '../support/guards.ts'

/**
 * The stack of a main thread that stands still, as JSON text: from a watchdog to the exporter
 * thread, through a file or a channel. Change the format only together with `hangVersion`.
 */
export interface HangMessage extends Hang {
  readonly version: typeof hangVersion
  readonly pid: number
  /** Number of the stall in this process, from 1. */
  readonly stall: number
}

export const hangVersion = 1

export function encodeHang(message: Omit<HangMessage, 'version'>): string {
  return JSON.stringify({ version: hangVersion, ...message } satisfies HangMessage)
}

/** Follows a stack through a channel: the event loop moves again. */
export const movedText: string = JSON.stringify({ version: hangVersion, moved: true })

/** Returns undefined for any text but a valid message of the current version. Never throws. */
export function parseHang(text: unknown): HangMessage | undefined {
  if (typeof text !== 'string' || text.length > hangStackLimits.fileBytes) return undefined
  try {
    const message: unknown = JSON.parse(text)
    return isHang(message) ? knownParts(message) : undefined
  } catch {
    return undefined
  }
}

/** Further properties can be deeper than a writer of JSON can follow. */
function knownParts({ version, pid, stall, seconds, heldBy, stack }: HangMessage): HangMessage {
  return { version, pid, stall, seconds, heldBy, stack }
}

function isHang(value: unknown): value is HangMessage {
  if (!isRecord(value) || value['version'] !== hangVersion) return false
  const { pid, stall, seconds, heldBy, stack } = value
  return (
    isNaturalNumber(pid) &&
    isNaturalNumber(stall) &&
    typeof seconds === 'number' &&
    Number.isFinite(seconds) &&
    seconds >= 0 &&
    typeof heldBy === 'string' &&
    heldBy.length <= hangStackLimits.frameChars &&
    !/\p{Cc}/u.test(heldBy) &&
    typeof stack === 'string'
  )
}
