import { Buffer } from 'node:buffer'
import type { PageRequest } from '../endpoint/page-request.ts'
import { endpointLimits } from '../limits/endpoint.ts'
import { mountLimits } from '../limits/mount.ts'
import { type DeliveryLimits, PageDelivery } from './page-delivery.ts'
import { requestLine } from './page-protocol.ts'
import type { PageServerLocator } from './page-server-locator.ts'
import {
  isClosed,
  type MountedRequest,
  type MountedResponse,
  type PageRefusal,
  refuse,
} from './refuse.ts'

/** Limits of the pages on the application's servers. */
export interface MountedPageLimits extends DeliveryLimits {
  readonly mountedPages: number
  readonly pageRequestBytes: number
}

export interface MountedPageOptions {
  readonly locator: PageServerLocator
  /** Default: `mountLimits` and `endpointLimits`. */
  readonly limits?: MountedPageLimits
  readonly onFault: (part: string) => void
}

/** The page on the application's own servers. The page server makes each response. */
export class MountedPage {
  readonly #options: MountedPageOptions
  readonly #limits: MountedPageLimits
  /** The oldest first. */
  readonly #underWay = new Map<object, PageDelivery>()
  /** Connections with a page under way. Otherwise, pipelined requests could take all places. */
  readonly #busy = new WeakSet<object>()

  constructor(options: MountedPageOptions) {
    this.#options = options
    this.#limits = options.limits ?? { ...mountLimits, ...endpointLimits }
  }

  /** @throws when a function of the request or the response throws. */
  respond(request: MountedRequest, response: MountedResponse): void {
    if (isClosed(response)) return
    const pageRequest = pageRequestOf(request)
    if (!pageRequest) refuse(request, response, notAllowed)
    else if (this.#isTooLong(pageRequest)) refuse(request, response, tooLong)
    else if (this.#isBusy(request)) refuse(request, response, pageUnderWay)
    else if (!this.#hasRoom()) refuse(request, response, tooMany)
    else this.#deliver(request, response, pageRequest)
  }

  #deliver(request: MountedRequest, response: MountedResponse, pageRequest: PageRequest): void {
    const { locator, onFault } = this.#options
    const place = {}
    const connection = connectionOf(request)
    let hasEnded = false
    const delivery = new PageDelivery({
      request,
      response,
      pageRequest,
      locator,
      limits: this.#limits,
      onFault,
      onEnd: () => {
        hasEnded = true
        this.#underWay.delete(place)
        if (connection) this.#busy.delete(connection)
      },
    })
    // After the constructor, which throws for a response that lacks functions.
    if (hasEnded) return
    this.#underWay.set(place, delivery)
    if (connection) this.#busy.add(connection)
  }

  #isBusy(request: MountedRequest): boolean {
    const connection = connectionOf(request)
    return connection !== undefined && this.#busy.has(connection)
  }

  /** If no place is left, ends the oldest page whose client does not read. */
  #hasRoom(): boolean {
    if (this.#underWay.size < this.#limits.mountedPages) return true
    for (const delivery of this.#underWay.values()) if (delivery.endIfUnread()) return true
    return false
  }

  #isTooLong(request: PageRequest): boolean {
    const line = requestLine('0'.repeat(64), request)
    return Buffer.byteLength(line) > this.#limits.pageRequestBytes
  }
}

const notAllowed: PageRefusal = {
  status: 405,
  text: 'Method not allowed. Use GET or HEAD.',
  headers: { Allow: 'GET, HEAD' },
}
const tooLong: PageRefusal = {
  status: 431,
  text: 'The query or the headers of the request are too long.',
}
const pageUnderWay: PageRefusal = {
  status: 503,
  text: 'This connection has another page under way. Request one page at a time.',
}
const tooMany: PageRefusal = {
  status: 503,
  text: 'This process has too many requests for the metrics under way.',
}

/** Undefined for HTTP/2: a proxy sends the requests of several scrapers over one connection. */
function connectionOf({ stream, socket }: MountedRequest): object | undefined {
  return stream === undefined ? socket : undefined
}

function pageRequestOf({ method, url, headers, socket }: MountedRequest): PageRequest | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const { accept, 'accept-encoding': acceptEncoding, authorization } = headers
  const [, ...query] = (url ?? '').split('?')
  // Only a TLS socket has `authorized`.
  const isCertified = socket !== undefined && Reflect.get(socket, 'authorized') === true
  return { method, accept, acceptEncoding, query: query.join('?'), authorization, isCertified }
}
