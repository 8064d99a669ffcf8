import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { performance } from 'node:perf_hooks'
import type { Stop } from '../../support/stop.ts'
import type { RequestCounts, RequestRecorder } from '../counts/request-counts.ts'
import { observeStreamBodies, type StreamBodies } from './http2-body-size.ts'

interface Exchange {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  readonly startedAt: number
  readonly bodies: StreamBodies
}

type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

/**
 * HTTP/2 requests, of the core and the compatibility API alike: both are streams of a session.
 * Node 20 has no http2 diagnostics channels; a listener on the session works on every line, and
 * since Node itself listens there, one more changes nothing.
 */
export class Http2Collector {
  readonly #requestCounts: RequestCounts
  readonly #record: RequestRecorder
  /** Bounded by the sessions' maxConcurrentStreams: each exchange leaves at its stream's 'close'. */
  readonly #open = new Set<Exchange>()

  /** Bounded by the open sessions. */
  readonly #sessions = new Map<ServerHttp2Session, Stop>()

  constructor(requestCounts: RequestCounts, record: RequestRecorder) {
    this.#requestCounts = requestCounts
    this.#record = record
  }

  stop(): void {
    for (const release of this.#sessions.values()) release()
    this.#sessions.clear()
    this.#open.clear()
  }

  /** Observes the requests of a new session. */
  watch(session: ServerHttp2Session): void {
    const onStream: StreamListener = (stream, headers) => {
      this.#guard(() => this.#started(stream, headers))
    }
    const onEnd = (): void => {
      this.#sessions.delete(session)
    }
    // Ahead of Node's own listener, which runs the application's handler.
    session.prependListener('stream', onStream as (...values: unknown[]) => void)
    session.once('close', onEnd)
    this.#sessions.set(session, () => {
      session.off('stream', onStream as (...values: unknown[]) => void)
      session.off('close', onEnd)
    })
  }

  /** Counts all open requests as failed, at the end of the process. */
  endOpenRequests(errorType: string): void {
    for (const exchange of this.#open) this.#ended(exchange, errorType)
  }

  #started(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // A tunnel, or with :protocol an upgrade: neither has a response body.
    if (headers[':method'] === 'CONNECT') return
    const bodies = observeStreamBodies(stream)
    const exchange = { stream, headers, startedAt: performance.now(), bodies }
    this.#open.add(exchange)
    this.#requestCounts.started += 1
    stream.once('close', () => this.#guard(() => this.#closed(exchange)))
  }

  #closed(exchange: Exchange): void {
    if (!this.#open.has(exchange)) return
    if (isComplete(exchange.stream)) this.#finished(exchange)
    else this.#ended(exchange, 'aborted')
  }

  #finished(exchange: Exchange): void {
    const status = statusOf(exchange.stream) ?? 0
    this.#count(exchange)
    this.#requestCounts.addStatus(status)
    if (status >= 400) this.#fail(exchange, undefined)
  }

  #ended(exchange: Exchange, errorType: string): void {
    this.#count(exchange)
    this.#fail(exchange, errorType)
  }

  #count(exchange: Exchange): void {
    this.#open.delete(exchange)
    const { startedAt, bodies } = exchange
    const duration = (performance.now() - startedAt) / 1_000
    this.#record(duration, bodies.requestBytes, responseBytes(exchange))
    this.#requestCounts.end()
  }

  #fail({ stream, headers }: Exchange, errorType: string | undefined): void {
    this.#requestCounts.addFailed({
      method: headers[':method'],
      target: headers[':path'],
      route: undefined,
      status: statusOf(stream),
      errorType,
    })
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch {
      this.#requestCounts.addFault('http2')
    }
  }
}

function isComplete(stream: ServerHttp2Stream): boolean {
  return stream.headersSent && !stream.aborted && stream.rstCode === 0
}

function statusOf(stream: ServerHttp2Stream): number | undefined {
  const status = stream.sentHeaders?.[':status']
  return status === undefined ? undefined : Number(status)
}

/** `respondWithFile` sends past the stream's write methods: there the announced length is all we have. */
function responseBytes({ stream, headers, bodies }: Exchange): number {
  const written = bodies.responseBytes
  if (written > 0 || headers[':method'] === 'HEAD' || !isComplete(stream)) return written
  const announced = Number(stream.sentHeaders?.['content-length'])
  return Number.isSafeInteger(announced) && announced > 0 ? announced : written
}
