import type { Body } from '../model/page/body.ts'
import { printable } from '../model/text/printable.ts'

/** Bytes of a page, a document, or a text. */
export type ResponseBody = Body | Buffer | string

/** A response of the endpoint. */
export interface EndpointResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: ResponseBody
  /** Call after the last read of the body. Until the call, the bytes do not change. */
  readonly release?: (() => void) | undefined
}

export function bytesOf(body: ResponseBody): number {
  return isInParts(body) ? body.bytes : Buffer.byteLength(body)
}

export function isInParts(body: ResponseBody): body is Body {
  return typeof body !== 'string' && 'parts' in body
}

/** A response with a sentence for a person. */
export function textResponse(
  status: number,
  text: string,
  headers: EndpointResponse['headers'] = {},
): EndpointResponse {
  const described = { 'Content-Type': 'text/plain; charset=utf-8', ...headers }
  return { status, headers: described, body: `${printable(text)}\n` }
}
