import type { IncomingMessage, ServerResponse } from 'node:http'
import { hide } from '../../support/hidden-property.ts'
import { apply } from '../../support/intrinsics/apply.ts'

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
    return apply(push, request, [chunk, encoding])
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
  /** Lines of the trailer, each with its end. */
  readonly _trailer?: unknown
}

type Response = ServerResponse & ResponseInternals

const interimBytes = 'HTTP/1.1 100 Continue\r\n\r\n'.length

/**
 * Bytes of a response body, without trailers. A chunked body counts exactly with one chunk. Each
 * further chunk adds its framing: a count of chunks needs a property on each response, which costs
 * 1 µs.
 * @param written bytes of the socket for the whole response.
 */
export function responseBodyBytes(response: Response | undefined, written: number): number {
  const header = response?._header
  let bytes = typeof header === 'string' ? written - header.length : written
  if (response?._sent100 === true) bytes -= interimBytes
  // Node sets the field if `end()` receives the whole body. The minimum also excludes early hints,
  // and the framing of a chunk.
  const whole = response?._contentLength
  if (typeof whole === 'number') bytes = Math.min(bytes, whole)
  else if (response?.chunkedEncoding === true) bytes = unframed(bytes - lastChunkBytes(response))
  return Math.max(0, bytes)
}

/**
 * Whether `written` bytes hold the whole body that `content-length` declares. False if the bytes
 * also hold early hints: then the length of the body is not known.
 */
export function isWholeBody(response: Response | undefined, written: number): boolean {
  const header = response?._header
  const whole = response?._contentLength
  if (typeof header !== 'string' || typeof whole !== 'number') return false
  const interim = response?._sent100 === true ? interimBytes : 0
  return written === interim + header.length + whole
}

/**
 * Whether the operating system has the whole response, also before the event `finish`. Call this
 * function for a drained socket.
 */
export function hasLeft(response: Response | undefined, written: number): boolean {
  // A response to a closed connection is never sent, and has no connection.
  const isEnded = response?.writableEnded === true && response.socket?.destroyed === false
  return (isEnded && response.writableLength === 0) || isWholeBody(response, written)
}

function lastChunkBytes(response: Response): number {
  return response.writableEnded ? lastChunkOf(response).length : 0
}

/** The chunk of size 0, with the trailers. */
export function lastChunkOf({ _trailer: trailer }: Response): string {
  return `0\r\n${typeof trailer === 'string' ? trailer : ''}\r\n`
}

/** Bytes in a single chunk: without the size in hexadecimal digits, and without two line ends. */
function unframed(framed: number): number {
  for (let digits = 1; ; digits += 1) {
    const bytes = framed - digits - 4
    if (bytes < 16 ** digits) return bytes
  }
}
