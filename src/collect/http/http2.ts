import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { hide } from '../../support/hidden-property.ts'
import { apply } from '../../support/intrinsics/apply.ts'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'
import { nextTick } from '../../support/intrinsics/timers.ts'
import type { Stop } from '../../support/stop.ts'
import type { RequestCounts } from '../counts/request-counts.ts'
import { errorTypeAtEnd } from './error-type.ts'
import { observeStreamBodies } from './http2-body-size.ts'
import {
  hasLeft,
  isComplete,
  type ObservedStream,
  responseBytes,
  statusOf,
} from './http2-response.ts'
import { observeSession } from './http2-session.ts'
import { publishEnd, requestEnds } from './request-ends.ts'
import { errorOf, routeOf, slotOf } from './routes.ts'
import { onSocketClose } from './socket-close.ts'

/** A stream without a complete response. */
interface OpenStream extends ObservedStream {
  /** Time by `monotonicNow()`, milliseconds. */
  readonly startedAt: number
  /** What `RequestCounts.start` returned. */
  readonly active: number
  /** Undefined where nothing listens for ended requests. */
  readonly remoteAddress: string | undefined
  /** Whether the client has ended its side of the stream. */
  isReceived: boolean
}

/**
 * HTTP/2 requests of the core API and of the compatibility API: both are streams of a session. Node
 * 20 has no http2 diagnostics channels. A listener on the session works on every supported Node.
 * Node itself listens on the session, so a further listener changes no behaviour.
 */
export class Http2Collector {
  readonly #requestCounts: RequestCounts
  /** Bounded by the sessions' maxConcurrentStreams: an entry is removed when its stream closes. */
  readonly #open = new Set<OpenStream>()

  /** Bounded by the open sessions. */
  readonly #sessions = new Map<ServerHttp2Session, Stop>()
  #isEarly = false

  constructor(requestCounts: RequestCounts) {
    this.#requestCounts = requestCounts
  }

  stop(): void {
    for (const release of this.#sessions.values()) release()
    this.#sessions.clear()
    this.#open.clear()
  }

  /** Counts later requests when the application ends their responses. */
  countEarly(): void {
    this.#isEarly = true
  }

  /** Observes the requests of a new session. */
  watch(session: ServerHttp2Session): void {
    const stop = observeSession(session, {
      onStream: (stream, headers) => this.#guard(() => this.#started(stream, headers)),
      onEnd: () => this.#guard(() => void this.#sessions.delete(session)),
    })
    this.#sessions.set(session, stop)
  }

  /**
   * Counts the open requests at the end of the process. An answer can be on its way although its
   * stream has not closed. The other requests have failed.
   */
  endOpenRequests(errorType: string): void {
    for (const open of this.#open) {
      this.#guard(() => this.#ended(open, hasLeft(open) ? undefined : errorType))
    }
  }

  #started(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // A tunnel, or an upgrade if `:protocol` is set. Neither has a response body.
    if (headers[':method'] === 'CONNECT') return
    const bodies = observeStreamBodies(stream, () => this.#guard(() => this.#ends(open)))
    const isSecure = Reflect.get(stream.session?.socket ?? {}, 'encrypted') === true
    const active = this.#requestCounts.start(headers[':method'], isSecure)
    const remoteAddress = requestEnds.hasSubscribers ? addressOf(stream) : undefined
    const open: OpenStream = {
      ...{ stream, headers, bodies, active, remoteAddress },
      startedAt: monotonicNow(),
      isReceived: stream.endAfterHeaders,
    }
    this.#open.add(open)
    if (this.#isEarly) this.#watchEnd(open)
    onSocketClose(stream, () => this.#guard(() => this.#closed(open)))
  }

  /**
   * If the client has ended its side, Node closes the stream while the session packs the last frame
   * of the response, before the write to the socket. A count here survives the end of the process
   * after the write. The event `close` comes one turn later.
   */
  #ends(open: OpenStream): void {
    if (open.isReceived && open.stream.closed) this.#answered(open)
    open.isReceived = true
  }

  /**
   * Node sends the frames of a stream after the callbacks of `process.nextTick`. Before the tick,
   * the head of a response can be missing.
   */
  #watchEnd(open: OpenStream): void {
    const { stream } = open
    const { end } = stream
    hide(stream, 'end', (...values: unknown[]) => {
      nextTick(() => this.#guard(() => this.#answered(open)))
      return apply(end, stream, values)
    })
  }

  #answered(open: OpenStream): void {
    if (this.#open.has(open) && isComplete(open.stream)) this.#ended(open, undefined)
  }

  #closed(open: OpenStream): void {
    if (!this.#open.has(open)) return
    this.#ended(open, isComplete(open.stream) ? undefined : 'aborted')
  }

  /** @param abort why the response did not finish. */
  #ended(open: OpenStream, abort: string | undefined): void {
    this.#open.delete(open)
    const { stream, headers, startedAt, bodies, active, remoteAddress } = open
    const slot = slotOf(stream)
    const error = errorOf({ request: stream, response: undefined, slot })
    const facts = {
      route: routeOf(stream, slot, headers[':path']),
      target: headers[':path'],
      status: statusOf(stream),
      active,
      abort,
      errorType: errorTypeAtEnd(error, abort),
      seconds: (monotonicNow() - startedAt) / 1_000,
      requestBytes: bodies.requestBytes,
      responseBytes: responseBytes(open),
      version: 2,
    }
    this.#requestCounts.add(facts)
    if (requestEnds.hasSubscribers) {
      publishEnd({ kind: 'http2', facts, stream, headers, remoteAddress })
    }
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch {
      this.#requestCounts.addFault('http2')
    }
  }
}

function addressOf({ session }: ServerHttp2Stream): string | undefined {
  return session?.socket.remoteAddress
}
