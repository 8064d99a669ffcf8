import { Buffer } from 'node:buffer'
import { endpointLimits } from '../limits/endpoint.ts'
import { type EndpointResponse, textResponse } from './response.ts'

/** An answer whose body counts as held until it is released. */
export interface ReservedResponse extends EndpointResponse {
  /** To be called once, when the client has the body or is gone; undefined where nothing is held. */
  readonly release: (() => void) | undefined
}

/**
 * What clients have been given and not yet taken. One that reads slowly holds its page for as long as
 * endpointLimits.endpointResponseMs; what all of them hold together is bounded, and beyond that there is only a refusal.
 */
export class ResponseBudget {
  /** Whether what is sent is a copy for each client: TLS encrypts all of it at once. */
  readonly #copies: boolean
  /** By how many clients a body is held that they share. */
  readonly #shared = new Map<Buffer, number>()
  #bytes = 0
  #largest = 0

  constructor({ copies }: { readonly copies: boolean }) {
    this.#copies = copies
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes
  }

  /** @returns the answer, or a refusal where too much is held already. */
  reserve(answer: EndpointResponse): ReservedResponse {
    const { body } = answer
    if (typeof body === 'string' || this.#copies) return this.#holdCopy(answer)
    const holders = this.#shared.get(body)
    if (holders === undefined && !this.#hasRoom(body.length)) return refusal
    if (holders === undefined) this.#bytes += body.length
    this.#shared.set(body, (holders ?? 0) + 1)
    return { ...answer, release: () => this.#release(body) }
  }

  #holdCopy(answer: EndpointResponse): ReservedResponse {
    const bytes = Buffer.byteLength(answer.body)
    if (!this.#hasRoom(bytes)) return refusal
    this.#bytes += bytes
    return {
      ...answer,
      release: () => {
        this.#bytes -= bytes
      },
    }
  }

  #release(body: Buffer): void {
    const left = (this.#shared.get(body) ?? 0) - 1
    if (left > 0) this.#shared.set(body, left)
    else {
      this.#shared.delete(body)
      this.#bytes -= body.length
    }
  }

  /** Room for some pages there is always, however large they are. */
  #hasRoom(bytes: number): boolean {
    this.#largest = Math.max(this.#largest, bytes)
    const most = Math.max(
      endpointLimits.unsentPageBytes,
      endpointLimits.unsentPages * this.#largest,
    )
    return this.#bytes + bytes <= most
  }
}

/** Nothing is held: for what has no body, or a small one of its own. */
export function unheld(answer: EndpointResponse): ReservedResponse {
  return { ...answer, release: undefined }
}

/** By then those that read slowly are gone. */
const retrySeconds = endpointLimits.endpointResponseMs / 1_000

const refusal = unheld(
  textResponse(
    503,
    `Clients that read slowly hold as many bytes of pages as there may be; in ${retrySeconds} seconds they are gone.`,
    { 'Retry-After': String(retrySeconds) },
  ),
)
