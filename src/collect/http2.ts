import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { RequestRecorder, Tally } from './tally.ts'

export interface Http2Observer {
  /** Observes the requests of a new session. */
  readonly watch: (session: ServerHttp2Session) => void
  /** Ends all requests that are still open, at the end of the process. */
  readonly endOpenRequests: (errorType: string | undefined) => void
}

interface Exchange {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  readonly startedAt: number
  requestBytes: number
  responseBytes: number
}

interface Writable {
  _write: (chunk: Uint8Array | string, encoding: BufferEncoding, done: () => void) => void
  _writev: (
    chunks: { chunk: Uint8Array | string; encoding: BufferEncoding }[],
    done: () => void,
  ) => void
}

/**
 * HTTP/2 requests, of the core and the compatibility API alike: both are streams of a session.
 * Node 20 has no http2 diagnostics channels; a listener on the session works on
 * every line, and since Node itself listens there, one more changes nothing.
 */
export function observeHttp2(tally: Tally, record: RequestRecorder): Http2Observer {
  // Bounded by the sessions' maxConcurrentStreams: each exchange leaves at its stream's 'close'.
  const open = new Set<Exchange>()

  function started(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (headers[':method'] === 'CONNECT') return
    const exchange = {
      stream,
      headers,
      startedAt: performance.now(),
      requestBytes: 0,
      responseBytes: 0,
    }
    observeBodies(exchange)
    open.add(exchange)
    tally.started += 1
    stream.once('close', () => {
      try {
        ended(exchange, undefined)
      } catch {
        tally.addFault('http2')
      }
    })
  }

  function ended(exchange: Exchange, errorType: string | undefined): void {
    if (!open.delete(exchange)) return
    const { stream, headers, startedAt } = exchange
    const status = Number(stream.sentHeaders?.[':status'] ?? 0)
    const complete = errorType === undefined && isComplete(stream)
    record((performance.now() - startedAt) / 1_000, exchange.requestBytes, responseBytes(exchange))
    tally.ended += 1
    if (complete) tally.addStatus(status)
    if (complete && status < 400) return
    tally.addFailed({
      method: headers[':method'],
      target: headers[':path'],
      route: undefined,
      status: status || undefined,
      errorType: complete ? undefined : (errorType ?? 'aborted'),
    })
  }

  return {
    watch(session) {
      // Ahead of Node's own listener, which runs the application's handler.
      session.prependListener('stream', (stream, headers) => {
        try {
          started(stream as ServerHttp2Stream, headers)
        } catch {
          tally.addFault('http2')
        }
      })
    },
    endOpenRequests(errorType) {
      for (const exchange of open) ended(exchange, errorType ?? 'aborted')
    },
  }
}

function isComplete(stream: ServerHttp2Stream): boolean {
  return stream.headersSent && !stream.aborted && stream.rstCode === 0
}

/** `respondWithFile` sends past the stream's write methods: there the announced length is all we have. */
function responseBytes({ stream, headers, responseBytes: written }: Exchange): number {
  if (written > 0 || headers[':method'] === 'HEAD' || !isComplete(stream)) return written
  const announced = Number(stream.sentHeaders?.['content-length'])
  return Number.isSafeInteger(announced) && announced > 0 ? announced : written
}

function observeBodies(exchange: Exchange): void {
  const { stream } = exchange
  const push = stream.push
  const { _write: write, _writev: writev } = stream as unknown as Writable
  hide(
    stream,
    'push',
    function push_(this: ServerHttp2Stream, chunk: unknown, encoding?: BufferEncoding) {
      if (chunk instanceof Uint8Array) exchange.requestBytes += chunk.byteLength
      return push.call(this, chunk, encoding)
    },
  )
  hide(
    stream,
    '_write',
    function write_(this: Writable, ...[chunk, encoding, done]: Parameters<Writable['_write']>) {
      exchange.responseBytes += sizeOf(chunk, encoding)
      write.call(this, chunk, encoding, done)
    },
  )
  hide(
    stream,
    '_writev',
    function writev_(this: Writable, ...[chunks, done]: Parameters<Writable['_writev']>) {
      for (const { chunk, encoding } of chunks) exchange.responseBytes += sizeOf(chunk, encoding)
      writev.call(this, chunks, done)
    },
  )
}

function hide(stream: ServerHttp2Stream, name: string, value: unknown): void {
  Object.defineProperty(stream, name, {
    configurable: true,
    enumerable: false,
    writable: true,
    value,
  })
}

function sizeOf(chunk: Uint8Array | string, encoding: BufferEncoding): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.byteLength
}
