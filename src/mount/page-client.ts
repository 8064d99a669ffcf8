import { connect, type Socket } from 'node:net'
import { limits } from '../limits.ts'
import {
  type Door,
  type DoorHead,
  encodeDoorRequest,
  type PageRequest,
  parseDoorHead,
} from '../relay/door.ts'
import { firstLine } from './first-line.ts'

export interface Visit {
  /** To be destroyed by who asked, at any time. It keeps no process alive. */
  readonly socket: Socket
  /** Resolves with the answer's head; the body is then in the paused socket. Rejects where nobody answers. */
  readonly head: Promise<DoorHead>
}

/**
 * Asks for the page at the door. Not by `node:http`: what the application has put there to watch its
 * requests, and what we have, shall not see this one.
 */
export function visit({ port, token }: Door, request: PageRequest): Visit {
  const socket = connect({ host: '127.0.0.1', port }).unref()
  // An error is told by the head, or by a body that is too short.
  socket.on('error', () => {})
  socket.write(encodeDoorRequest({ token, request }))
  return { socket, head: headOf(socket) }
}

async function headOf(socket: Socket): Promise<DoorHead> {
  const head = parseDoorHead(await firstLine(socket, limits.doorHeadBytes))
  if (!head) throw new Error('What answers there is not the exporter.')
  return head
}
