import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { PageRequest } from '../endpoint/page-request.ts'
import type { PageServerAddress } from '../relay/page-server-address.ts'
import { backoffMs } from '../support/backoff.ts'
import { guarded } from '../support/guarded.ts'
import { clearTimeout, setTimeout } from '../support/intrinsics/timers.ts'
import { requestPage } from './page-client.ts'
import type { PageHead } from './page-protocol.ts'
import type { PageServerLocator } from './page-server-locator.ts'
import {
  breakOff,
  type MountedRequest,
  type MountedResponse,
  type PageRefusal,
  refuse,
} from './refuse.ts'

export interface DeliveryLimits {
  readonly mountedPageMs: number
  readonly endpointResponseMs: number
  readonly pageHeadBytes: number
  readonly pageAttempts: number
  readonly pageRetryMs: number
}

export interface PageDeliveryOptions {
  readonly request: MountedRequest
  readonly response: MountedResponse
  readonly pageRequest: PageRequest
  readonly locator: PageServerLocator
  readonly limits: DeliveryLimits
  readonly onFault: (part: string) => void
  readonly onEnd: () => void
}

/** `waiting`: until the head of the page arrives. `sending`: until the client has the page. */
type State = 'waiting' | 'sending' | 'ended'

/** One page on its way from the page server to a client of the application's server. */
export class PageDelivery {
  readonly #options: PageDeliveryOptions
  readonly #response: MountedResponse
  #state: State = 'waiting'
  #attempts = 0
  #address: PageServerAddress | undefined
  #deadline: NodeJS.Timeout
  #socket: Socket | undefined
  #stopWaiting = (): unknown => undefined

  constructor(options: PageDeliveryOptions) {
    this.#options = options
    this.#response = options.response
    // The client closed the connection, or has the whole page.
    this.#response.on('close', this.#end)
    const { mountedPageMs } = options.limits
    this.#deadline = this.#after(mountedPageMs, () => this.#giveUp())
    this.#attempt()
  }

  /** Destroys the response if the client does not read it. @returns whether it did. */
  endIfUnread(): boolean {
    if (this.#state !== 'sending' || !this.#socket?.isPaused()) return false
    this.#abort()
    return true
  }

  #attempt(): void {
    this.#attempts += 1
    this.#stopWaiting = this.#options.locator.await((address) => this.#request(address))
  }

  #request(address: PageServerAddress): void {
    this.#address = address
    const { pageRequest, limits } = this.#options
    try {
      const { socket, head } = requestPage(address, pageRequest, limits.pageHeadBytes)
      this.#socket = socket
      head
        .then(
          (received) => this.#send(received, socket),
          () => this.#retry(),
        )
        .catch(() => this.#abort())
    } catch {
      this.#refuse(unreachable)
    }
  }

  /**
   * A restarted exporter thread has another page server. Where a local user opens connections to
   * the page server without end, the page server may close any connection before it has read the
   * token.
   */
  #retry(): void {
    if (this.#state !== 'waiting') return
    this.#socket?.destroy()
    this.#forgetAddress()
    const { pageAttempts, pageRetryMs, mountedPageMs } = this.#options.limits
    if (this.#attempts >= pageAttempts) this.#refuse(unreachable)
    else if (this.#attempts === 1) this.#attempt()
    else {
      const backoff = { firstMs: pageRetryMs, lastMs: mountedPageMs }
      const pauseMs = backoffMs(this.#attempts - 1, backoff)
      const pause = this.#after(pauseMs, () => this.#attempt())
      this.#stopWaiting = () => clearTimeout(pause)
    }
  }

  #giveUp(): void {
    this.#forgetAddress()
    this.#refuse(timedOut(this.#options.limits.mountedPageMs))
  }

  #forgetAddress(): void {
    if (this.#address) this.#options.locator.forget(this.#address)
  }

  #send({ status, headers, bodyBytes }: PageHead, socket: Socket): void {
    if (this.#state !== 'waiting') return
    const response = this.#response
    // The application may have responded since.
    if (response.headersSent || response.writableEnded) this.#end()
    else {
      this.#state = 'sending'
      clearTimeout(this.#deadline)
      const { endpointResponseMs } = this.#options.limits
      this.#deadline = this.#after(endpointResponseMs, () => this.#abort())
      response.writeHead(status, { ...headers })
      response.on('drain', this.#resume)
      this.#sendBody(socket, bodyBytes)
    }
  }

  #sendBody(socket: Socket, bytes: number): void {
    let left = bytes
    const take = (chunk: Buffer): void => {
      left -= chunk.length
      if (left < 0) this.#abort()
      else if (!this.#write(chunk)) socket.pause()
    }
    const finish = (): void => {
      if (left === 0) this.#finish()
    }
    const abort = (): void => this.#abort()
    socket.on('data', guarded(take, abort))
    socket.once('end', guarded(finish, abort))
    // 'close' without 'end': the page server ended within the body.
    socket.once('close', abort)
    socket.resume()
  }

  /** Calls `act` later. Functions of the application's response can throw. */
  #after(delayMs: number, act: () => void): NodeJS.Timeout {
    return setTimeout(
      guarded(act, () => this.#abort()),
      delayMs,
    ).unref()
  }

  readonly #resume = (): void => {
    this.#socket?.resume()
  }

  #write(chunk: Buffer): boolean {
    if (this.#state !== 'sending') return true
    if (this.#response.writableEnded) this.#end()
    return this.#state !== 'sending' || this.#response.write(chunk)
  }

  #finish(): void {
    if (this.#state !== 'sending') return
    if (!this.#response.writableEnded) this.#response.end()
    this.#end()
  }

  #refuse(refusal: PageRefusal): void {
    if (this.#state !== 'waiting') return
    const { request, response } = this.#options
    this.#end()
    try {
      refuse(request, response, refusal)
    } catch {
      this.#destroy()
    }
  }

  #abort(): void {
    if (this.#state === 'ended') return
    this.#end()
    this.#destroy()
  }

  #destroy(): void {
    this.#options.onFault('mounted_page')
    try {
      breakOff(this.#response)
    } catch {
      // The application has replaced a function of the response.
    }
  }

  readonly #end = (): void => {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#deadline)
    this.#stopWaiting()
    this.#socket?.destroy()
    this.#options.onEnd()
    try {
      this.#response.off('close', this.#end)
      this.#response.off('drain', this.#resume)
    } catch {
      // The application has replaced a function of the response.
    }
  }
}

function timedOut(ms: number): PageRefusal {
  const text =
    `No metrics: the exporter did not respond within ${ms / 1_000} seconds. The exporter runs in ` +
    'the primary. Check that the primary is preloaded and that its event loop is not blocked.'
  return { status: 503, text }
}

const unreachable: PageRefusal = {
  status: 503,
  text: 'No metrics: the exporter cannot be reached. The exporter may be restarting: try again.',
}
