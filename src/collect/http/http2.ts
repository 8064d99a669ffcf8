import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { performance } from 'node:perf_hooks'
import type { Stop } from '../../support/stop.ts'
import type { RequestCounts, RequestRecorder } from '../counts/request-counts.ts'
import { errorTypeOf } from './error-type.ts'
import { observeStreamBodies, type StreamBodies } from './http2-body-size.ts'
import { errorOf, routeOf } from './routes.ts'

/** A stream without a complete response. */
interface OpenStream {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  /** Time by `performance.now()`, milliseconds. */
  readonly startedAt: number
  readonly bodies: StreamBodies
}

type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

/**
 * HTTP/2 requests of the core API and of the compatibility API: both are streams of a session. Node
 * 20 has no http2 diagnostics channels. A listener on the session works on every supported Node.
 * Node itself listens on the session, so a further listener changes no behaviour.
 */
export class Http2Collector {
  readonly #requestCounts: RequestCounts
  readonly #record: RequestRecorder
  /** Bounded by the sessions' maxConcurrentStreams: an entry is removed when its stream closes. */
  readonly #open = new Set<OpenStream>()

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
    // Before Node's own listener, which runs the application's handler.
    session.prependListener('stream', onStream)
    session.once('close', onEnd)
    this.#sessions.set(session, () => {
      session.off('stream', onStream)
      session.off('close', onEnd)
    })
  }

  /** Counts all open requests as failed, at the end of the process. */
  endOpenRequests(errorType: string): void {
    for (const open of this.#open) this.#ended(open, errorType)
  }

  #started(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // A tunnel, or an upgrade if `:protocol` is set. Neither has a response body.
    if (headers[':method'] === 'CONNECT') return
    const bodies = observeStreamBodies(stream)
    const open = { stream, headers, startedAt: performance.now(), bodies }
    this.#open.add(open)
    this.#requestCounts.started += 1
    stream.once('close', () => this.#guard(() => this.#closed(open)))
  }

  #closed(open: OpenStream): void {
    if (!this.#open.has(open)) return
    if (isComplete(open.stream)) this.#finished(open)
    else this.#ended(open, 'aborted')
  }

  #finished(open: OpenStream): void {
    const status = statusOf(open.stream) ?? 0
    this.#count(open)
    this.#requestCounts.addStatus(status)
    if (status >= 400) this.#fail(open, undefined)
  }

  #ended(open: OpenStream, errorType: string): void {
    this.#count(open)
    this.#fail(open, errorType)
  }

  #count(open: OpenStream): void {
    this.#open.delete(open)
    const { startedAt, bodies } = open
    const duration = (performance.now() - startedAt) / 1_000
    this.#record(duration, bodies.requestBytes, responseBytes(open))
    this.#requestCounts.end()
  }

  #fail({ stream, headers }: OpenStream, errorType: string | undefined): void {
    const error = errorOf(stream, undefined)
    const failed = {
      method: headers[':method'],
      target: headers[':path'],
      route: routeOf(stream),
      status: statusOf(stream),
      errorType: error === undefined ? errorType : errorTypeOf(error),
    }
    this.#requestCounts.addFailed(failed)
    if (error !== undefined) this.#requestCounts.addHandled(failed)
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

/** `respondWithFile` bypasses the stream's write methods: then the announced length counts. */
function responseBytes({ stream, headers, bodies }: OpenStream): number {
  const written = bodies.responseBytes
  if (written > 0 || headers[':method'] === 'HEAD' || !isComplete(stream)) return written
  const announced = Number(stream.sentHeaders?.['content-length'])
  return Number.isSafeInteger(announced) && announced > 0 ? announced : written
}
