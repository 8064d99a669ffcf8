import { isRecord } from '../../support/guards.ts'
import type { ProcessIdentity } from '../../support/process-identity.ts'
import { isIncarnation, isLineage, isName } from '../peers/peer-state.ts'

/** Says in Redis which process runs at a place: its successor there finds by it whom to continue. */
export interface Lease extends ProcessIdentity {
  readonly incarnation: string
  readonly instance: string
  /** Whom it continues, the latest first: it may die before it has written what it has of them. */
  readonly predecessors: readonly string[]
}

const version = 1

export function encodeLease(lease: Lease): string {
  return JSON.stringify({ version, ...lease })
}

/** Returns undefined for whatever is not a lease of this version. */
export function parseLease(text: string | undefined): Lease | undefined {
  if (text === undefined || text.length > maxChars) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value) || value['version'] !== version) return undefined
    const { incarnation, instance, predecessors, pid, startTicks, pidNamespace } = value
    if (!isIncarnation(incarnation) || !isName(instance) || !Number.isSafeInteger(pid))
      return undefined
    if (!isLineage(predecessors)) return undefined
    // 0 and what is negative would ask for the life of groups.
    if ((pid as number) <= 0 || typeof startTicks !== 'string' || typeof pidNamespace !== 'string')
      return undefined
    return {
      incarnation: incarnation,
      instance,
      predecessors: predecessors,
      pid: pid as number,
      startTicks,
      pidNamespace,
    }
  } catch {
    return undefined
  }
}

const maxChars = 8_192
