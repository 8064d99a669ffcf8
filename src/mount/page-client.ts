import { connect, type Socket } from 'node:net'
import type { PageRequest } from '../endpoint/page-request.ts'
import { mountLimits } from '../limits/mount.ts'
import type { PageServerAddress } from '../relay/page-server-address.ts'
import { firstLine } from './first-line.ts'
import { encodePageRequest, type PageHead, parsePageHead } from './page-protocol.ts'

export interface PageConnection {
  /** To be destroyed by who asked, at any time. It keeps no process alive. */
  readonly socket: Socket
  /** Resolves with the answer's head; the body is then in the paused socket. Rejects where nobody answers. */
  readonly head: Promise<PageHead>
}

/**
 * Asks for the page at the page server. Not by `node:http`: what the application has put there to watch its
 * requests, and what we have, shall not see this one.
 */
export function requestPage(
  { port, token }: PageServerAddress,
  request: PageRequest,
): PageConnection {
  const socket = connect({ host: '127.0.0.1', port }).unref()
  // An error is told by the head, or by a body that is too short.
  socket.on('error', () => {})
  socket.write(encodePageRequest({ token, request }))
  return { socket, head: headOf(socket) }
}

async function headOf(socket: Socket): Promise<PageHead> {
  const head = parsePageHead(await firstLine(socket, mountLimits.pageHeadBytes))
  if (!head) throw new Error('What answers there is not the exporter.')
  return head
}
