import { Buffer } from 'node:buffer'
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { PageRequest } from '../endpoint/page-request.ts'
import type { ReservedResponse } from '../endpoint/response-budget.ts'
import { endpointLimits } from '../limits/endpoint.ts'
import { mountLimits } from '../limits/mount.ts'
import type { PageServerAddress } from '../relay/page-server-address.ts'
import { firstLine } from './first-line.ts'
import { encodePageHead, parsePageRequest } from './page-protocol.ts'

export interface PageServerOptions {
  readonly answerPage: (request: PageRequest) => ReservedResponse | Promise<ReservedResponse>
  /** Called at every `open()`, once the page server is open. */
  readonly onOpen: (address: PageServerAddress) => void
  readonly onFault: (part: string) => void
}

/** Hands pages to the application's processes, over the loopback, for the handlers that they mounted. */
export class PageServer {
  readonly #options: PageServerOptions
  readonly #token = randomBytes(32).toString('hex')
  #server: Server | undefined

  constructor(options: PageServerOptions) {
    this.#options = options
  }

  /** Opens the page server at the first demand; where that fails, the next demand tries again. */
  open(): void {
    if (this.#server?.listening) this.#tell(this.#server)
    else this.#server ??= this.#listen()
  }

  close(): void {
    this.#server?.close()
    this.#server = undefined
  }

  #listen(): Server {
    const server = createServer((socket) => this.#welcome(socket))
    server.maxConnections = mountLimits.pageServerConnections
    server.on('drop', () => this.#options.onFault('page_server_connections'))
    server.on('listening', () => this.#tell(server))
    server.on('error', () => {
      this.#options.onFault('page_server')
      // An error may also be a connection's that could not be accepted.
      if (!server.listening) this.#server = undefined
    })
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true })
    return server
  }

  #tell(server: Server): void {
    const { port } = server.address() as AddressInfo
    this.#options.onOpen({ port, token: this.#token })
  }

  #welcome(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    let deadline = setTimeout(() => socket.destroy(), mountLimits.pageRequestMs)
    socket.once('close', () => clearTimeout(deadline))
    this.#answer(socket, () => {
      clearTimeout(deadline)
      deadline = setTimeout(() => socket.destroy(), endpointLimits.endpointResponseMs)
    }).catch(() => {
      // Who goes away without a word has done nothing wrong.
      if (!socket.destroyed && !socket.readableEnded) this.#options.onFault('page_request')
      socket.destroy()
    })
  }

  /** @throws where what comes in is no request of one who knows the token. */
  async #answer(socket: Socket, onRequest: () => void): Promise<void> {
    const request = this.#admitted(await firstLine(socket, mountLimits.pageRequestBytes))
    onRequest()
    // What follows a request is nothing we asked for; and a client that goes away must be noticed.
    socket.resume()
    const answer = await this.#options.answerPage(request)
    // Its client may have gone while the page was made.
    if (socket.destroyed) answer.release?.()
    else {
      if (answer.release) socket.once('close', answer.release)
      hand(socket, answer, request.method === 'HEAD')
    }
  }

  #admitted(line: string): PageRequest {
    const said = parsePageRequest(line)
    if (!said || !isSame(said.token, this.#token)) throw new Error('Not one of ours.')
    return said.request
  }
}

/** The page is shared with whoever else takes it now: it is not copied. */
function hand(socket: Socket, { status, headers, body }: ReservedResponse, isHead: boolean): void {
  const size = Buffer.byteLength(body)
  const described = { ...headers, 'Content-Length': String(size) }
  socket.write(encodePageHead({ status, headers: described, bodyBytes: isHead ? 0 : size }))
  if (isHead) socket.end()
  else socket.end(body)
}

/** In a time that does not tell how much of it is the same. */
function isSame(one: string, other: string): boolean {
  const [given, expected] = [Buffer.from(one), Buffer.from(other)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}
