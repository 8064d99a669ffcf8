import type { PartialSuccess } from './answer-body.ts'

/** What became of one request of a push. */
export type Outcome = Accepted | Refusal | Unavailable

interface Accepted {
  readonly kind: 'accepted'
  readonly partialSuccess: PartialSuccess | undefined
}

/** The receiver is away or overloaded: the same request can succeed later. */
export interface Unavailable {
  readonly kind: 'unavailable'
  readonly reason: string
  /** The receiver's wish; undefined without one. */
  readonly retryAfterMs: number | undefined
}

/** The same request would be refused again. */
export interface Refusal {
  readonly kind: 'refused'
  readonly concerns: Concern
  /** HTTP status, or the name of a gRPC code. */
  readonly status: string
  readonly reason: string
}

/**
 * What a refusal concerns:
 * - content: some metric of the request
 * - size: the request is too large
 * - request: this request, without a hint at the cause
 * - receiver: every request, because of the address, the credentials or the protocol
 */
export type Concern = 'content' | 'size' | 'request' | 'receiver'

export function unavailable(reason: string, retryAfterMs?: number): Unavailable {
  return { kind: 'unavailable', reason, retryAfterMs }
}
