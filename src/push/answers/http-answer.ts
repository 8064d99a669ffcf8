import type { IncomingMessage } from 'node:http'
import { pushLimits } from '../../limits/push.ts'

/** The answer of a receiver over HTTP. */
export interface HttpAnswer {
  readonly status: number
  readonly statusText: string
  /** Media type in lower case without parameters; empty without a type. */
  readonly mediaType: string
  /** Target of a redirect. */
  readonly location: string | undefined
  readonly retryAfter: string | undefined
  /** The first bytes of the body that have arrived, at most `pushLimits.answerBytes`. */
  readonly body: () => Buffer
}

/** Reads an answer beside OTel's exporter. Call this function before the body arrives. */
export function readAnswer(response: IncomingMessage): HttpAnswer {
  const { statusCode = 0, statusMessage = '', headers } = response
  const chunks: Buffer[] = []
  let room: number = pushLimits.answerBytes
  response.on('data', (chunk: Buffer) => {
    if (room === 0) return
    // A copy: a slice would keep the whole chunk.
    const head = Buffer.from(chunk.subarray(0, room))
    chunks.push(head)
    room -= head.length
  })
  return {
    status: statusCode,
    statusText: statusMessage,
    mediaType: (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
    location: headers.location,
    retryAfter: headers['retry-after'],
    body: () => Buffer.concat(chunks),
  }
}

/** Whether a page for people came: a proxy answers so in the place of a receiver. */
export function isHtml({ mediaType, body }: HttpAnswer): boolean {
  const text = body().toString('latin1').trimStart().toLowerCase()
  if (text === '') return false
  const isMarkup = text.startsWith('<!doctype html') || text.startsWith('<html')
  return isMarkup || mediaType === 'text/html' || mediaType === 'application/xhtml+xml'
}

/** Time of the header `Retry-After`, milliseconds from now. */
export function retryAfterMs({ retryAfter }: HttpAnswer, nowMs: number): number | undefined {
  const text = retryAfter?.trim() ?? ''
  const ms = /^\d+$/.test(text) ? 1_000 * Number(text) : Date.parse(text) - nowMs
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined
}
