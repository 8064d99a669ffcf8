import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import type { TLSSocket } from 'node:tls'
import type { PageRequest } from '../endpoint/page-request.ts'
import { endpointLimits } from '../limits/endpoint.ts'
import { mountLimits } from '../limits/mount.ts'
import type { PageServerAddress } from '../relay/page-server-address.ts'
import { requestPage } from './page-client.ts'
import { encodePageRequest, type PageHead } from './page-protocol.ts'
import type { PageServerLocator } from './page-server-locator.ts'
import {
  type AnyResponse,
  type MountedRequest,
  type MountedResponse,
  type PageRefusal,
  refuse,
} from './refuse.ts'

export interface MountedPageOptions {
  readonly locator: PageServerLocator
  readonly onFault: (part: string) => void
}

/** The page on a server of the application's: each answer comes through the page server. */
export class MountedPage {
  readonly #options: MountedPageOptions
  #underWay = 0

  constructor(options: MountedPageOptions) {
    this.#options = options
  }

  /** @throws where request or response do. */
  answer(request: MountedRequest, response: MountedResponse): void {
    if (isGone(response)) return
    const asked = pageRequestOf(request)
    if (!asked) refuse(request, response, notAllowed)
    else if (isTooLong(asked)) refuse(request, response, tooLong)
    else if (this.#underWay >= mountLimits.mountedPages) refuse(request, response, tooMany)
    else this.#deliver({ request, response, asked })
  }

  #deliver(order: Order): void {
    const { locator, onFault } = this.#options
    new Delivery({
      ...order,
      locator: locator,
      onFault,
      onEnd: () => {
        this.#underWay -= 1
      },
    })
    // After what may throw: a response that is none.
    this.#underWay += 1
  }
}

const notAllowed: PageRefusal = {
  status: 405,
  text: 'Method not allowed. Use GET or HEAD.',
  headers: { Allow: 'GET, HEAD' },
}
const tooLong: PageRefusal = { status: 431, text: 'The request’s query or headers are too long.' }
const tooMany: PageRefusal = { status: 503, text: 'Too many requests for the metrics at a time.' }

function pageRequestOf({ method, url, headers, socket }: MountedRequest): PageRequest | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const { accept, 'accept-encoding': acceptEncoding, authorization } = headers
  const [, ...query] = (url ?? '').split('?')
  const isCertified = (socket as Partial<TLSSocket> | undefined)?.authorized === true
  return { method, accept, acceptEncoding, query: query.join('?'), authorization, isCertified }
}

function isTooLong(request: PageRequest): boolean {
  const line = encodePageRequest({ token: '0'.repeat(64), request })
  return Buffer.byteLength(line) > mountLimits.pageRequestBytes
}

/** A client that went away before we were called: nothing will be told of that any more. */
function isGone(response: MountedResponse): boolean {
  return 'stream' in response ? response.stream.destroyed : response.destroyed
}

interface Order {
  readonly request: MountedRequest
  readonly response: MountedResponse
  readonly asked: PageRequest
}

interface DeliveryOptions extends MountedPageOptions, Order {
  readonly onEnd: () => void
}

/** One page on its way: `asking` until its head is here, `sending` until the client has it all. */
class Delivery {
  readonly #options: DeliveryOptions
  readonly #response: AnyResponse
  #state: 'asking' | 'sending' | 'ended' = 'asking'
  #attempts = 0
  #address: PageServerAddress | undefined
  #deadline: NodeJS.Timeout
  #socket: Socket | undefined
  #awaitNoLonger = (): unknown => undefined

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#response = options.response as AnyResponse
    // The client went away, or has everything.
    this.#response.on('close', this.#end)
    this.#deadline = setTimeout(() => this.#giveUp(), mountLimits.mountedPageMs).unref()
    this.#knock()
  }

  #knock(): void {
    this.#attempts += 1
    this.#awaitNoLonger = this.#options.locator.await((address) => this.#visit(address))
  }

  #visit(address: PageServerAddress): void {
    this.#address = address
    try {
      const { socket, head } = requestPage(address, this.#options.asked)
      this.#socket = socket
      head
        .then(
          (received) => this.#send(received, socket),
          () => this.#turnedAway(),
        )
        .catch(() => this.#abort())
    } catch {
      this.#refuse(shut)
    }
  }

  /** The thread may be a new one, with another page server. */
  #turnedAway(): void {
    if (this.#state !== 'asking') return
    this.#socket?.destroy()
    this.#forgetDoor()
    if (this.#attempts === 1) this.#knock()
    else this.#refuse(shut)
  }

  #giveUp(): void {
    this.#forgetDoor()
    this.#refuse(silent)
  }

  #forgetDoor(): void {
    if (this.#address) this.#options.locator.forget(this.#address)
  }

  #send({ status, headers, bodyBytes }: PageHead, socket: Socket): void {
    if (this.#state !== 'asking') return
    const response = this.#response
    // The application was faster.
    if (response.headersSent || response.writableEnded) this.#end()
    else {
      this.#state = 'sending'
      clearTimeout(this.#deadline)
      this.#deadline = setTimeout(() => this.#abort(), endpointLimits.endpointResponseMs).unref()
      response.writeHead(status, { ...headers })
      response.on('drain', this.#resume)
      this.#pass(socket, bodyBytes)
    }
  }

  #pass(socket: Socket, bytes: number): void {
    let left = bytes
    socket.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) this.#abort()
      else if (!this.#write(chunk)) socket.pause()
    })
    socket.once('end', () => left === 0 && this.#finish())
    // After 'end': what comes before it has cut the body.
    socket.once('close', () => this.#abort())
    socket.resume()
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
    if (this.#state !== 'asking') return
    const { request, response } = this.#options
    this.#end()
    try {
      refuse(request, response, refusal)
    } catch {
      this.#destroy()
    }
  }

  /** What was sent is not the whole: the client must not take it for that. */
  #abort(): void {
    if (this.#state === 'ended') return
    this.#end()
    this.#destroy()
  }

  #destroy(): void {
    this.#options.onFault('mounted_page')
    this.#response.destroy()
  }

  readonly #end = (): void => {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#deadline)
    this.#awaitNoLonger()
    this.#response.off('close', this.#end)
    this.#response.off('drain', this.#resume)
    this.#socket?.destroy()
    this.#options.onEnd()
  }
}

const silent: PageRefusal = {
  status: 503,
  text:
    `No metrics: the exporter did not answer within ${mountLimits.mountedPageMs / 1_000} seconds. It runs in the ` +
    'primary, which must be preloaded too, and was perhaps blocked.',
}
const shut: PageRefusal = {
  status: 503,
  text: 'No metrics: the exporter cannot be reached. Perhaps it is just starting again.',
}
