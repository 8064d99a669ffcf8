import { randomUUID } from 'node:crypto'
import { encodePeerState, type PeerState } from '../peers/peer-state.ts'

/** The metrics of a master with the retained series of earlier processes. */
export type MasterState = Pick<PeerState, 'metrics' | 'retained'>

/**
 * A state in the format of `peer-state.ts`. The fields that tell peers apart have no meaning here.
 * @throws where the state is larger than a limit.
 */
export function encodeMasterState(
  state: MasterState & Pick<PeerState, 'hasEnded'>,
  intervalMs: number,
): Buffer {
  return encodePeerState({
    ...state,
    incarnation: randomUUID(),
    instance: 'master',
    service: 'master',
    predecessors: [],
    sequence: 1,
    startedAt: 0,
    writtenAt: Date.now(),
    intervalMs,
  })
}
