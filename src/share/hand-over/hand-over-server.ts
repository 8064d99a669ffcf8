import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { shareLimits } from '../../limits/share.ts'
import { firstLine } from '../../relay/first-line.ts'
import { LocalConnections } from '../../relay/local-connections.ts'
import { isSameToken } from '../../relay/same-token.ts'
import { parseMessage } from './message.ts'
import type { HandOverOffer } from './offer.ts'

/** Where the server waits. */
type HandOverAddress = Pick<HandOverOffer, 'port' | 'token'>

export interface HandOverServerOptions {
  /** Called with the connection of a successor. */
  readonly onSuccessor: (socket: Socket) => void
  /** Called for each fault, and for each connection that is closed for lack of room. */
  readonly onFault: () => void
}

/** Waits for the exporter thread of a successor, on the loopback interface. */
export class HandOverServer {
  readonly #options: HandOverServerOptions
  readonly #connections: LocalConnections
  #server: Server | undefined

  constructor(options: HandOverServerOptions) {
    this.#options = options
    this.#connections = new LocalConnections({
      limit: shareLimits.handOverConnections,
      onDropped: options.onFault,
    })
  }

  /** @param done called with the address; undefined where the server cannot listen. */
  open(done: (address: HandOverAddress | undefined) => void): void {
    this.close()
    const token = randomBytes(32).toString('hex')
    const server = createServer((socket) => {
      this.#greet(socket, token).catch(() => socket.destroy())
    })
    this.#server = server
    server.on('error', () => {
      this.#options.onFault()
      if (!server.listening) done(undefined)
    })
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
      const bound = server.address()
      done(typeof bound === 'object' && bound ? { port: bound.port, token } : undefined)
    })
  }

  close(): void {
    this.#server?.close()
    this.#server = undefined
  }

  /** @throws for a client without the token. */
  async #greet(socket: Socket, token: string): Promise<void> {
    socket.on('error', () => {})
    if (!this.#connections.add(socket)) return
    const timer = setTimeout(() => socket.destroy(), shareLimits.lastHandOverMs)
    socket.once('close', () => clearTimeout(timer))
    const message = parseMessage(await firstLine(socket, shareLimits.handOverLineBytes))
    if (message?.kind !== 'hello' || !isSameToken(message.token, token))
      throw new Error('Invalid message of a successor.')
    this.#connections.admit(socket)
    clearTimeout(timer)
    this.#options.onSuccessor(socket)
  }
}
