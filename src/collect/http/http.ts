import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { hide } from '../../support/hidden-property.ts'
import type { Stop } from '../../support/stop.ts'
import type { RequestCounts, RequestRecorder } from '../counts/request-counts.ts'
import { observeBody } from './body-size.ts'
import { errorTypeOf } from './error-type.ts'
import { Connection, type Exchange } from './exchange.ts'
import { originalTarget, routeOf } from './route.ts'

interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
  readonly server: Server
}

type ResponseFinish = Omit<RequestStart, 'server'>

export interface HttpOptions {
  readonly requestCounts: RequestCounts
  readonly record: RequestRecorder
  /** Called with the server of a connection that was not watched from its beginning. */
  readonly adopt: (server: Server) => void
}

/**
 * The request path of HTTP/1: two subscriptions, two clock reads, and one object per connection
 * that its next request uses again. `bench/request.mjs` tells the price.
 */
export class HttpCollector {
  readonly #requestCounts: RequestCounts
  readonly #record: RequestRecorder
  readonly #adopt: (server: Server) => void
  readonly #key = Symbol('gunicorn-prometheus-exporter.connection')
  /** Bounded by the process's open sockets: each leaves at its 'close'. */
  readonly #connections = new Set<Connection>()

  constructor({ requestCounts, record, adopt }: HttpOptions) {
    this.#requestCounts = requestCounts
    this.#record = record
    this.#adopt = adopt
    subscribe('http.server.request.start', this.#onStart)
    subscribe('http.server.response.finish', this.#onFinish)
  }

  stop(): void {
    unsubscribe('http.server.request.start', this.#onStart)
    unsubscribe('http.server.response.finish', this.#onFinish)
    for (const connection of this.#connections) connection.release()
    this.#connections.clear()
  }

  /** Watches a connection from its beginning, so that errors before its first request are seen. */
  watch(socket: Socket): void {
    if (!this.#known(socket)) this.#connect(socket)
  }

  /** Keeps an error that the application's `clientError` handler took, until the connection closes. */
  clientFailed(socket: Socket, error: unknown): void {
    this.watch(socket)
    const connection = this.#known(socket)
    if (connection) connection.failure = error
  }

  /** Counts all open requests as failed, at the end of the process. */
  endOpenRequests(errorType: string): void {
    for (const connection of this.#connections) this.#abort(connection, errorType)
  }

  // Node turns what a subscriber throws into an uncaughtException: both catch.
  readonly #onStart = (message: unknown): void => {
    try {
      this.#started(message as RequestStart)
    } catch {
      this.#requestCounts.addFault('http_request')
    }
  }

  readonly #onFinish = (message: unknown): void => {
    try {
      this.#finished(message as ResponseFinish)
    } catch {
      this.#requestCounts.addFault('http_response')
    }
  }

  #started({ request, response, socket, server }: RequestStart): void {
    let connection = this.#known(socket)
    if (connection === undefined) {
      connection = this.#connect(socket)
      this.#adopt(server)
    }
    const exchange = connection.open(request, response)
    exchange.body = observeBody(request)
    this.#requestCounts.started += 1
    exchange.startedAt = performance.now()
  }

  #finished({ response, socket }: ResponseFinish): void {
    const connection = this.#known(socket)
    const exchange = connection?.oldest
    // Node finishes pipelined responses in order: any other began before we looked.
    if (connection === undefined || exchange?.response !== response) return
    const written = socket.bytesWritten
    const status = response.statusCode
    this.#count(exchange, written)
    this.#requestCounts.addStatus(status)
    if (status >= 400) this.#fail(exchange, status, undefined)
    connection.close(exchange, written)
  }

  #count(exchange: Exchange, written: number): void {
    const duration = (performance.now() - exchange.startedAt) / 1_000
    const sent = bodyBytes(exchange.response, written - exchange.writtenBefore)
    this.#record(duration, exchange.body?.bytes ?? 0, sent)
    this.#requestCounts.end()
  }

  #fail({ request }: Exchange, status: number | undefined, errorType: string | undefined): void {
    this.#requestCounts.addFailed({
      method: request?.method,
      target: request && originalTarget(request),
      route: request && routeOf(request),
      status,
      errorType,
    })
  }

  #known(socket: Socket): Connection | undefined {
    return (socket as unknown as Record<symbol, Connection | undefined>)[this.#key]
  }

  #connect(socket: Socket): Connection {
    const connection = new Connection(socket)
    Object.defineProperty(socket, this.#key, { value: connection })
    this.#connections.add(connection)
    connection.release = onClose(socket, (wasHttp) => {
      try {
        this.#closed(connection, wasHttp)
      } catch {
        this.#requestCounts.addFault('http_connection')
      }
    })
    return connection
  }

  #closed(connection: Connection, wasHttp: boolean): void {
    this.#connections.delete(connection)
    const failure = connection.failure ?? (wasHttp ? connection.socket.errored : undefined)
    if (failure && isClientError(failure)) this.#handle(connection, failure)
    this.#abort(connection, 'aborted')
  }

  #handle({ oldest }: Connection, failure: unknown): void {
    this.#requestCounts.addHandled({
      method: oldest?.request?.method,
      target: oldest?.request?.url,
      route: undefined,
      status: undefined,
      errorType: errorTypeOf(failure),
    })
  }

  #abort(connection: Connection, errorType: string): void {
    const written = connection.socket.bytesWritten
    let isOldest = true
    for (let open = connection.oldest; open; open = connection.oldest) {
      // The responses behind the oldest wait for it and have not sent a byte.
      const isSent = isOldest && open.response?.headersSent
      this.#count(open, written)
      this.#fail(open, isSent ? open.response?.statusCode : undefined, errorType)
      connection.close(open, written)
      isOldest = false
    }
  }
}

type Destroy = (error: Error | null, done: (error?: Error | null) => void) => void

/**
 * Listens for a socket's 'close' from the moment it is destroyed, and not before: who is handed the
 * socket of an upgrade or CONNECT finds no listener on it, as Node promises. Node takes its parser off
 * such a socket, whose errors are then the application's.
 */
function onClose(socket: Socket, act: (wasHttp: boolean) => void): Stop {
  const fields = socket as unknown as { _destroy: Destroy; readonly parser?: unknown }
  const destroy = fields._destroy
  let isReleased = false
  hide(socket, '_destroy', (...values: Parameters<Destroy>) => {
    const wasHttp = Boolean(fields.parser)
    if (!isReleased) socket.once('close', () => act(wasHttp))
    destroy.apply(socket, values)
  })
  return () => {
    isReleased = true
  }
}

/** Fields of Node's OutgoingMessage: old, undocumented, the same on every line, and read with care. */
interface ResponseInternals {
  readonly _header?: unknown
  readonly _sent100?: unknown
  readonly _contentLength?: unknown
}

const interimBytes = 'HTTP/1.1 100 Continue\r\n\r\n'.length

/** What of the bytes written for a response is its body, with the framing of a chunked one. */
function bodyBytes(response: ServerResponse | undefined, written: number): number {
  const internals = response as ResponseInternals | undefined
  const header = internals?._header
  let bytes = typeof header === 'string' ? written - header.length : written
  if (internals?._sent100 === true) bytes -= interimBytes
  // Set where the body was given whole to `end()`: then early hints do not count either.
  const whole = internals?._contentLength
  if (typeof whole === 'number') bytes = Math.min(bytes, whole)
  return Math.max(0, bytes)
}

/** A peer that goes away is no error of the protocol; a request it leaves behind counts as aborted. */
function isClientError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code !== 'ECONNRESET' && code !== 'EPIPE' && code !== 'HPE_INVALID_EOF_STATE'
}
