import type { IncomingMessage } from 'node:http'
import { hide } from '../../support/hidden-property.ts'

/** Bytes of a request body received so far, decoded from chunked framing. */
export interface BodySize {
  bytes: number
}

/**
 * Counts a request's body as Node's parser hands it over. A request without a body, by far the most
 * frequent, costs a glance at its headers' lengths; reading `request.headers` would build an object.
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
