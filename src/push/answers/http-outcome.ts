import { redacted } from '../../log/redact.ts'
import { messageIn, partialSuccessIn } from './answer-body.ts'
import { type HttpAnswer, isHtml, retryAfterMs } from './http-answer.ts'
import { type Concern, type Outcome, unavailable } from './outcome.ts'

const retryable: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504])

const concernsByStatus: ReadonlyMap<number, Concern> = new Map([
  ...[400, 422].map((status) => [status, 'content'] as const),
  [413, 'size'],
  // 403 is not here: a firewall gives this status for the content of one request.
  ...[401, 404, 405, 406, 407, 410, 411, 415, 426, 431, 501, 505].map(
    (status) => [status, 'receiver'] as const,
  ),
])

/**
 * What the answer means. The status decides: the data has arrived although the body is incomplete.
 * A page in HTML comes from a proxy, and nothing has arrived.
 * @param secrets texts that a receiver could repeat, such as the key of an API.
 */
export function httpOutcome(answer: HttpAnswer, secrets: readonly string[]): Outcome {
  const { status, mediaType } = answer
  if (isSuccess(answer)) {
    if (!isHtml(answer)) return { kind: 'accepted', partialSuccess: partialSuccessIn(answer) }
    const type = mediaType === '' ? 'HTML' : mediaType
    const reason = `${status} with ${type}: a proxy answers in the place of the receiver`
    return { kind: 'refused', concerns: 'receiver', status: String(status), reason }
  }
  const reason = redacted(reasonOf(answer), secrets)
  if (retryable.has(status)) {
    return unavailable(reason, retryAfterMs(answer, Date.now()))
  }
  const concerns = isTooLarge(reason) ? 'size' : concernOf(status)
  return { kind: 'refused', concerns, status: String(status), reason }
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300
}

/** Go's servers, such as the Collector, answer 400 to a body above the limit. */
function isTooLarge(reason: string): boolean {
  return reason.startsWith('400 ') && /body (?:is )?too large/i.test(reason)
}

/** OTel's exporter follows no redirect. */
function concernOf(status: number): Concern {
  return status < 400 ? 'receiver' : (concernsByStatus.get(status) ?? 'request')
}

function reasonOf(answer: HttpAnswer): string {
  const { status, statusText, location } = answer
  const target = location === undefined ? '' : ` to ${withoutQuery(location)}`
  const message = messageIn(answer)
  return `${status} ${statusText}${target}${message === '' ? '' : `: ${message}`}`
}

/** The query of a login page can contain a token. */
function withoutQuery(location: string): string {
  return location.split(/[?#]/)[0] ?? ''
}
