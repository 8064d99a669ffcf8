import type { EndpointLimits } from '../limits/endpoint.ts'
import { bytesOf, type EndpointResponse, type ResponseBody, textResponse } from './response.ts'

/** A response whose body counts as unsent until `release` is called. */
export interface ReservedResponse extends EndpointResponse {
  /** Call once when the client has the body or is gone; undefined when nothing is reserved. */
  readonly release: (() => void) | undefined
}

export interface ResponseBudgetOptions {
  /** Whether a shared body counts for each client: over TLS, each client gets copies of parts. */
  readonly copies: boolean
  readonly limits: Pick<EndpointLimits, 'unsentPageBytes' | 'unsentPages' | 'endpointResponseMs'>
}

/**
 * Bounds the bytes of requested pages until clients receive the pages. A slow client can
 * hold its page for `endpointResponseMs`. At the bound, further requests get status 503.
 */
export class ResponseBudget {
  readonly #options: ResponseBudgetOptions
  /** Number of clients that share each body. */
  readonly #clients = new Map<ResponseBody, number>()
  readonly #refusal: ReservedResponse
  #bytes = 0
  #largest = 0

  constructor(options: ResponseBudgetOptions) {
    this.#options = options
    this.#refusal = refusalAfter(options.limits.endpointResponseMs / 1_000)
  }

  /** Unsent bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** @returns the response, or status 503 without room for the body. */
  reserve(response: EndpointResponse): ReservedResponse {
    const { body } = response
    if (typeof body === 'string' || this.#options.copies) return this.#reserveCopy(response)
    const clients = this.#clients.get(body)
    if (clients === undefined) {
      const bytes = bytesOf(body)
      if (!this.#hasRoom(bytes)) return this.#refuse(response)
      this.#bytes += bytes
    }
    this.#clients.set(body, (clients ?? 0) + 1)
    return {
      ...response,
      release: () => {
        this.#release(body)
        response.release?.()
      },
    }
  }

  #reserveCopy(response: EndpointResponse): ReservedResponse {
    const bytes = bytesOf(response.body)
    if (!this.#hasRoom(bytes)) return this.#refuse(response)
    this.#bytes += bytes
    return {
      ...response,
      release: () => {
        this.#bytes -= bytes
        response.release?.()
      },
    }
  }

  #refuse({ release }: EndpointResponse): ReservedResponse {
    release?.()
    return this.#refusal
  }

  #release(body: ResponseBody): void {
    const left = (this.#clients.get(body) ?? 0) - 1
    if (left > 0) this.#clients.set(body, left)
    else {
      this.#clients.delete(body)
      this.#bytes -= bytesOf(body)
    }
  }

  /** Whatever their size, `unsentPages` pages always fit. */
  #hasRoom(bytes: number): boolean {
    const { unsentPageBytes, unsentPages } = this.#options.limits
    this.#largest = Math.max(this.#largest, bytes)
    return this.#bytes + bytes <= Math.max(unsentPageBytes, unsentPages * this.#largest)
  }
}

/** For a response whose body nobody reads, or with a small body of its own. */
export function unreserved(response: EndpointResponse): ReservedResponse {
  response.release?.()
  return { ...response, release: undefined }
}

/** After `seconds`, the endpoint has closed the connections of slow clients. */
function refusalAfter(seconds: number): ReservedResponse {
  const text = `Slow clients hold the maximum of unsent pages. Try again in ${seconds} seconds.`
  return unreserved(textResponse(503, text, { 'Retry-After': String(seconds) }))
}
