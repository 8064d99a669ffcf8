import type { ServerHttp2Stream } from 'node:http2'
import { hide } from '../../support/hidden-property.ts'
import { apply } from '../../support/intrinsics/apply.ts'

/** Bytes of the DATA frames of a stream, without padding. */
export interface StreamBodies {
  requestBytes: number
  responseBytes: number
}

type Chunk = Uint8Array | string
type Done = () => void

/**
 * Counts the bytes through a stream. Node reports these bytes to a PerformanceObserver only.
 * @param onEnd called when the request body ends, and when the stream closes. Must not throw.
 */
export function observeStreamBodies(stream: ServerHttp2Stream, onEnd: () => void): StreamBodies {
  const bodies = { requestBytes: 0, responseBytes: 0 }
  const { push, _write: write, _writev: writev } = stream
  hide(stream, 'push', (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk instanceof Uint8Array) bodies.requestBytes += chunk.byteLength
    else if (chunk === null) onEnd()
    return apply(push, stream, [chunk, encoding])
  })
  hide(stream, '_write', (chunk: Chunk, encoding: BufferEncoding, done: Done) => {
    bodies.responseBytes += sizeOf(chunk, encoding)
    apply(write, stream, [chunk, encoding, done])
  })
  hide(stream, '_writev', (chunks: { chunk: Chunk; encoding: BufferEncoding }[], done: Done) => {
    for (const { chunk, encoding } of chunks) bodies.responseBytes += sizeOf(chunk, encoding)
    if (writev) apply(writev, stream, [chunks, done])
  })
  return bodies
}

/** Bytes that wait in the stream for the client to take more. */
export function bufferedBytes(stream: ServerHttp2Stream): number {
  if (stream.writableLength === 0) return 0
  // An undocumented field of Node's streams. The chunk of the current write is not in the field.
  const waiting: unknown = Reflect.get(stream, 'writableBuffer')
  if (!Array.isArray(waiting)) return 0
  return waiting.reduce((bytes, { chunk, encoding }) => bytes + sizeOf(chunk, encoding), 0)
}

function sizeOf(chunk: Chunk, encoding: BufferEncoding): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.byteLength
}
