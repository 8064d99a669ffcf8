import { shareLimits } from '../../limits/share.ts'
import { isRecord } from '../../support/guards.ts'
import {
  type ProcessIdentity,
  parseProcessIdentity,
} from '../../support/process/process-identity.ts'
import { type PeerState, parsePeerState, type RejectReason } from '../peers/peer-state.ts'
import { encodeMasterState, type MasterState } from './master-state.ts'

/** Totals in a file, with the process that writes the file. */
export interface StoredState {
  readonly writer: ProcessIdentity
  readonly state: MasterState & Pick<PeerState, 'hasEnded'>
}

/** Format: a line with version and writer, then a state in the format of `peer-state.ts`. */
const version = 1
const maxHead = 1_000

/** @throws where the state is larger than a limit. */
export function encodeStoredState({ writer, state }: StoredState): Buffer {
  const body = encodeMasterState(state, shareLimits.stateWriteMs)
  return Buffer.concat([Buffer.from(`${JSON.stringify({ version, ...writer })}\n`), body])
}

/** @returns the reason where the bytes are no state. */
export function parseStoredState(bytes: Buffer): StoredState | RejectReason {
  const end = bytes.subarray(0, maxHead).indexOf(10)
  const head = headOf(bytes.toString('utf8', 0, Math.max(end, 0)))
  if (typeof head === 'string') return head
  const state = parsePeerState(bytes.subarray(end + 1))
  return typeof state === 'string' ? state : { writer: head, state }
}

function headOf(text: string): ProcessIdentity | RejectReason {
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value)) return 'format'
    if (value['version'] !== version) return 'version'
    return parseProcessIdentity(value) ?? 'format'
  } catch {
    return 'format'
  }
}
