import { connect, type Socket } from 'node:net'
import type { PageRequest } from '../endpoint/page-request.ts'
import { firstLine } from '../relay/first-line.ts'
import type { PageServerAddress } from '../relay/page-server-address.ts'
import { openHead, type PageHead, requestLine } from './page-protocol.ts'

export interface PageConnection {
  /** Does not keep the process alive. The caller destroys the socket at any time. */
  readonly socket: Socket
  /** Head of the response; the paused socket then holds the body. Rejects without a head. */
  readonly head: Promise<PageHead>
}

/**
 * Requests the page from the page server. `node:http` would show this request to the hooks that
 * this package and the application have on outgoing requests.
 */
export function requestPage(
  { port, token }: PageServerAddress,
  request: PageRequest,
  maxHeadBytes: number,
): PageConnection {
  const socket = connect({ host: '127.0.0.1', port }).unref()
  // An error rejects the head, or cuts the body.
  socket.on('error', () => {})
  const line = requestLine(token, request)
  socket.write(line)
  return { socket, head: headOf(socket, maxHeadBytes, (head) => openHead(token, head, line)) }
}

async function headOf(
  socket: Socket,
  maxBytes: number,
  open: (line: string) => PageHead | undefined,
): Promise<PageHead> {
  const head = open(await firstLine(socket, maxBytes))
  if (!head) throw new Error('The page server sent an invalid head.')
  return head
}
