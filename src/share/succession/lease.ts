import type { Life } from '../../relay/life.ts'
import { isRecord } from '../../relay/report.ts'
import { isGeneration, isLineage, isName } from '../peers/peer-state.ts'

/** Says in Redis which process runs at a place: its successor there finds by it whom to continue. */
export interface Lease extends Life {
  readonly generation: string
  readonly instance: string
  /** Whom it continues, the latest first: it may die before it has written what it has of them. */
  readonly ancestors: readonly string[]
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
    const { generation, instance, ancestors, pid, ticks, machine } = value
    if (!isGeneration(generation) || !isName(instance) || !Number.isSafeInteger(pid))
      return undefined
    if (!isLineage(ancestors)) return undefined
    // 0 and what is negative would ask for the life of groups.
    if ((pid as number) <= 0 || typeof ticks !== 'string' || typeof machine !== 'string')
      return undefined
    return { generation, instance, ancestors, pid: pid as number, ticks, machine }
  } catch {
    return undefined
  }
}

const maxChars = 8_192
