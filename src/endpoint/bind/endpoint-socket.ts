import { Server } from 'node:net'
import { keepingFile } from '../../files/kept-file.ts'
import { isNaturalNumber } from '../../support/guards.ts'
import type { Stop } from '../../support/stop.ts'
import type { Address } from './address.ts'

export interface EndpointSocketOptions {
  readonly server: Server
  readonly address: Address
  /** Makes the server listen. @param descriptor a listening socket, in place of the address. */
  readonly bind: (descriptor: number | undefined) => Stop
  /** Called when the address closes. Connections have to end. */
  readonly onClose: () => void
}

/** The listening socket of an endpoint, which can belong to another process later. */
export class EndpointSocket {
  readonly #options: EndpointSocketOptions
  #unbind: Stop = () => {}
  #isReleased = false

  constructor(options: EndpointSocketOptions) {
    this.#options = options
  }

  /** Whether another process has the socket. Connections end after their next response. */
  get isReleased(): boolean {
    return this.#isReleased
  }

  /** The descriptor of the listening socket; undefined without one, and on Windows. */
  get descriptor(): number | undefined {
    const handle: unknown = Reflect.get(this.#options.server, '_handle')
    const descriptor: unknown = handle ? Reflect.get(handle, 'fd') : undefined
    return isNaturalNumber(descriptor) ? descriptor : undefined
  }

  /** @param descriptor a listening socket, in place of the address. */
  setListening(isListening: boolean, descriptor?: number): void {
    const { server, bind, onClose } = this.#options
    this.#stop()
    this.#isReleased = false
    if (isListening) this.#unbind = bind(descriptor)
    else {
      server.close()
      onClose()
    }
  }

  /** Leaves the socket to another process. Connections and the file of a unix socket stay. */
  release(): void {
    const { server, address } = this.#options
    this.#stop()
    this.#isReleased = true
    if (!server.listening) return
    // `http.Server#close` would end idle connections while a request is on its way.
    const close = (): void => void Server.prototype.close.call(server)
    if (address.kind === 'tcp') close()
    // libuv removes the file of a socket that this process has bound.
    else keepingFile(address.path, close)
  }

  #stop(): void {
    this.#unbind()
    this.#unbind = () => {}
  }
}
