import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { isRecord } from '../../support/guards.ts'
import { bufferedBytes, type StreamBodies } from './http2-body-size.ts'

/** A stream, with the headers of its request. */
export interface ObservedStream {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  readonly bodies: StreamBodies
}

/** Whether the stream has the whole response, and neither side has broken off. */
export function isComplete(stream: ServerHttp2Stream): boolean {
  return stream.headersSent && !stream.aborted && stream.rstCode === 0
}

/**
 * Whether the operating system has the response. Only the empty frame that ends the stream can be
 * missing: Node sends the frame in an immediate.
 */
export function hasLeft({ stream, bodies }: ObservedStream): boolean {
  if (!(isComplete(stream) && stream.writableFinished)) return false
  // Node finishes a stream with a body after the write of the body.
  const isSent = bodies.responseBytes > 0 || stream.closed || stream.state.localClose === 1
  return isSent && unsentBytes(stream) === 0
}

/** Bytes that the operating system has not taken yet, of all streams of the connection. */
function unsentBytes({ session }: ServerHttp2Stream): number {
  // Undocumented. A stream or TLS socket of JavaScript has the number in its handle, too.
  const handle: unknown = session && Reflect.get(session.socket, '_handle')
  const unsent: unknown = isRecord(handle) ? handle['writeQueueSize'] : 0
  return typeof unsent === 'number' ? unsent : 0
}

export function statusOf(stream: ServerHttp2Stream): number | undefined {
  const status = stream.sentHeaders?.[':status']
  return status === undefined ? undefined : Number(status)
}

/** `respondWithFile` bypasses the stream's write methods: then the announced length counts. */
export function responseBytes({ stream, headers, bodies }: ObservedStream): number {
  const written = bodies.responseBytes + bufferedBytes(stream)
  if (written > 0 || headers[':method'] === 'HEAD' || !isComplete(stream)) return written
  const announced = Number(stream.sentHeaders?.['content-length'])
  return Number.isSafeInteger(announced) && announced > 0 ? announced : written
}
