import { createServer, type Server, type Socket } from 'node:net'
import { controlLimits } from '../../limits/tools/control.ts'
import { type ClientOptions, ControlClient } from './client.ts'

export interface ControlServerOptions extends Pick<ClientOptions, 'answer' | 'onRefused'> {
  /** Called for an error of the listening socket. */
  readonly onError: (error: Error) => void
}

/** Listens on a unix socket for clients. Keeps no process alive. */
export class ControlServer {
  readonly #options: ControlServerOptions
  readonly #clients = new Set<ControlClient>()
  readonly #server: Server

  constructor(options: ControlServerOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#connected(socket))
    this.#server.maxConnections = controlLimits.connections
    this.#server.unref()
  }

  /** Calls back with an error, or with undefined when the server listens. */
  listen(path: string, done: (error: Error | undefined) => void): void {
    this.#server.once('error', done)
    // Exclusive: in a worker, `cluster` would ask the primary for the socket.
    this.#server.listen({ path, exclusive: true }, () => {
      this.#server.off('error', done)
      this.#server.on('error', this.#options.onError)
      done(undefined)
    })
  }

  close(): void {
    this.#server.close()
    for (const client of this.#clients) client.close()
  }

  #connected(socket: Socket): void {
    const isFull = this.#clients.size >= controlLimits.clients
    const idlest = isFull ? this.#idlest() : undefined
    const client: ControlClient = new ControlClient({
      ...this.#options,
      socket,
      onClose: () => this.#clients.delete(client),
    })
    if (isFull && !idlest) client.refuse(busyText)
    else this.#clients.add(client)
    if (!idlest) return
    this.#clients.delete(idlest)
    idlest.refuse(replacedText)
  }

  /** The client without a running command that has been idle the longest. */
  #idlest(): ControlClient | undefined {
    const idle = [...this.#clients].filter(({ isBusy }) => !isBusy)
    return idle.sort((one, other) => one.activeAt - other.activeAt)[0]
  }
}

const busyText = `commands of ${controlLimits.clients} clients are running; try again later`
const replacedText = `closed for a new client: ${controlLimits.clients} clients can be connected`
