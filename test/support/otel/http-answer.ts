import type { HttpAnswer } from '../../../src/push/answers/http-answer.ts'

/** An answer of a receiver. Default: a refusal without a body. */
export function httpAnswer({
  body = '',
  ...parts
}: Partial<Omit<HttpAnswer, 'body'>> & { readonly body?: string | Uint8Array }): HttpAnswer {
  return {
    status: 400,
    statusText: 'Bad Request',
    mediaType: '',
    location: undefined,
    retryAfter: undefined,
    ...parts,
    body: () => Buffer.from(body as string),
  }
}
