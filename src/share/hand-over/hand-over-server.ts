import type { Socket } from 'node:net'
import { shareLimits } from '../../limits/share.ts'
import { type LocalAddress, LocalServer } from '../../relay/local-server.ts'
import { isHello, welcomeLine } from './greeting.ts'

export interface HandOverServerOptions {
  /** Called with the connection of a successor. */
  readonly onSuccessor: (socket: Socket) => void
  /** Called for each fault, and for each connection that is closed for lack of room. */
  readonly onFault: () => void
}

/** Waits for the exporter thread of a successor. */
export class HandOverServer {
  readonly #options: HandOverServerOptions
  #server: LocalServer<true> | undefined

  constructor(options: HandOverServerOptions) {
    this.#options = options
  }

  /**
   * Listens on another port, with another token.
   * @param done called with the address; undefined where the server cannot listen.
   */
  open(done: (address: LocalAddress | undefined) => void): void {
    this.close()
    const { onSuccessor, onFault } = this.#options
    const server: LocalServer<true> = new LocalServer({
      connections: shareLimits.handOverConnections,
      lineMs: shareLimits.lastHandOverMs,
      lineBytes: shareLimits.handOverLineBytes,
      open: (token, line) => isHello(token, line) || undefined,
      onRequest: ({ socket, line }) => {
        socket.write(welcomeLine(server.token, line))
        onSuccessor(socket)
      },
      onOpen: done,
      // Any local user can send a wrong first line.
      onFault: (part) => {
        if (part !== 'request') onFault()
      },
    })
    this.#server = server
    server.open()
  }

  close(): void {
    this.#server?.close()
    this.#server = undefined
  }
}
