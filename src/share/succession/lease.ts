import { isRecord } from '../../support/guards.ts'
import {
  type ProcessIdentity,
  parseProcessIdentity,
} from '../../support/process/process-identity.ts'
import { isIncarnation, isLineage, isName } from '../peers/peer-state.ts'

/**
 * Tells in Redis which process runs in a service slot. A successor learns whose totals to continue.
 */
export interface Lease extends ProcessIdentity {
  readonly incarnation: string
  readonly instance: string
  /**
   * The continued incarnations, the latest first. The process may end before its first write.
   */
  readonly predecessors: readonly string[]
}

const version = 1
/** The longest text of a lease. */
export const leaseChars = 8_192

export function encodeLease(lease: Lease): string {
  return JSON.stringify({ version, ...lease })
}

/** Returns undefined for any other text. */
export function parseLease(text: string | undefined): Lease | undefined {
  if (text === undefined || text.length > leaseChars) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value) || value['version'] !== version) return undefined
    const { incarnation, instance, predecessors } = value
    if (!isIncarnation(incarnation) || !isName(instance) || !isLineage(predecessors)) {
      return undefined
    }
    const identity = parseProcessIdentity(value)
    return identity && { incarnation, instance, predecessors, ...identity }
  } catch {
    return undefined
  }
}
