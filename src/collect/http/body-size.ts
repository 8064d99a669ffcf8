import type { IncomingMessage, ServerResponse } from 'node:http'
import { hide } from '../../support/hidden-property.ts'

/** Bytes of a request body received so far, without the framing of a chunked body. */
export interface BodySize {
  bytes: number
}

/**
 * Counts the bytes of a request body as Node's parser delivers them. Most requests have no body.
 * Such a request costs only a comparison of header lengths: reading `request.headers` would build
 * an object.
 */
export function observeBody(request: IncomingMessage): BodySize | undefined {
  if (!announcesBody(request.rawHeaders)) return undefined
  const size = { bytes: 0 }
  const { push } = request
  hide(request, 'push', (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk instanceof Uint8Array) size.bytes += chunk.byteLength
    return push.call(request, chunk, encoding)
  })
  return size
}

const contentLength = 'content-length'
const transferEncoding = 'transfer-encoding'

function announcesBody(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === contentLength.length) {
      if (name.toLowerCase() === contentLength && rawHeaders[index + 1] !== '0') return true
    } else if (name.length === transferEncoding.length && name.toLowerCase() === transferEncoding) {
      return true
    }
  }
  return false
}

/**
 * Undocumented fields of Node's OutgoingMessage, present on every supported Node. Check each field.
 */
interface ResponseInternals {
  readonly _header?: unknown
  readonly _sent100?: unknown
  readonly _contentLength?: unknown
}

const interimBytes = 'HTTP/1.1 100 Continue\r\n\r\n'.length

/**
 * Bytes of a response body, with the framing of a chunked body.
 * @param written bytes of the socket for the whole response.
 */
export function responseBodyBytes(
  response: (ServerResponse & ResponseInternals) | undefined,
  written: number,
): number {
  const header = response?._header
  let bytes = typeof header === 'string' ? written - header.length : written
  if (response?._sent100 === true) bytes -= interimBytes
  // Node sets the field if `end()` receives the whole body. The minimum also excludes early hints.
  const whole = response?._contentLength
  if (typeof whole === 'number') bytes = Math.min(bytes, whole)
  return Math.max(0, bytes)
}
