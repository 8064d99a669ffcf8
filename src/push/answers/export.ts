import type { ClientRequest } from 'node:http'
import { messageOf } from '../../support/error-message.ts'
import type { PartialSuccess } from './answer-body.ts'
import { connectionFailure } from './connection-failure.ts'
import { grpcOutcome } from './grpc-outcome.ts'
import { type HttpAnswer, isHtml } from './http-answer.ts'
import { httpOutcome } from './http-outcome.ts'
import { type Outcome, unavailable } from './outcome.ts'

/**
 * Errors of a connection that come at once, and that stay for longer than the end of a process.
 * Not EAI_AGAIN, ECONNRESET and timeouts: a next attempt can succeed.
 */
const refusals: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
])

/** One export of OTel's exporter, with all its attempts. */
export class Export {
  readonly outcome: Promise<Outcome>
  /** Ends the export. Only the first outcome counts. */
  readonly settle: (outcome: Outcome) => void
  /** From a warning of OTel. */
  partialSuccess: PartialSuccess | undefined
  readonly #secrets: readonly string[]
  /** Of the last attempt, over HTTP. */
  #request: ClientRequest | undefined
  #answer: HttpAnswer | undefined
  /** The error of the last attempt, if a refusal. */
  #refusal: Error | undefined
  #isGivenUp = false

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets
    let settle = (_outcome: Outcome): void => {}
    this.outcome = new Promise((resolve) => {
      settle = resolve
    })
    this.settle = settle
  }

  /** Whether a page for people answered the last attempt. */
  get isAnsweredByHtml(): boolean {
    return this.#answer !== undefined && isHtml(this.#answer)
  }

  /** An attempt begins. */
  onRequest(request: ClientRequest): void {
    this.#request = request
    this.#answer = undefined
    this.#refusal = undefined
    if (this.#isGivenUp) request.destroy()
  }

  onAnswer(answer: HttpAnswer): void {
    this.#answer = answer
  }

  onConnectionError(error: Error): void {
    this.#refusal = 'code' in error && refusals.has(error.code) ? error : undefined
  }

  /** Ends the export if the other side refused the connection of the last attempt. */
  endAtRefusal(): void {
    if (this.#refusal) this.settle(this.#unavailable(this.#refusal))
  }

  /** OTel has ended the export. @param error undefined for a success. */
  end(error: Error | undefined): void {
    this.settle(this.#outcomeOf(error))
  }

  /**
   * The time is over. Closes the connection: a receiver that sends a few bytes again and again
   * would hold the connection without an end.
   */
  giveUp(timeoutMs: number): Outcome {
    this.#isGivenUp = true
    const error = new Error(`no complete answer within ${timeoutMs} ms`)
    this.#request?.destroy(error)
    return this.#outcomeOf(error)
  }

  #outcomeOf(error: Error | undefined): Outcome {
    const answer = this.#answer ?? answerOf(error)
    if (answer) return httpOutcome(answer, this.#secrets)
    if (!error) return { kind: 'accepted', partialSuccess: this.partialSuccess }
    return grpcOutcome(error, this.#secrets) ?? this.#unavailable(error)
  }

  #unavailable(error: Error): Outcome {
    return unavailable(connectionFailure(messageOf(error), this.#secrets))
  }
}

/** An exporter of OTel that does not use Node's HTTP client tells the status in its error. */
function answerOf(error: Error | undefined): HttpAnswer | undefined {
  const status = error && 'code' in error ? error.code : undefined
  if (typeof status !== 'number' || status < 300) return undefined
  return {
    status,
    statusText: messageOf(error),
    mediaType: '',
    location: undefined,
    retryAfter: undefined,
    body: () => Buffer.alloc(0),
  }
}
