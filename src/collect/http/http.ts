import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'
import { observeChannel } from '../../support/observe-channel.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { newEndedRequest } from '../counts/ended-request.ts'
import type { RequestCounts } from '../counts/request-counts.ts'
import { hasLeft, isWholeBody, observeBody, responseBodyBytes } from './body-size.ts'
import { describeExchange } from './describe-exchange.ts'
import { errorTypeOf } from './error-type.ts'
import {
  Connection,
  closed,
  type End,
  type Exchange,
  finished,
  type RequestStart,
  type ResponseFinish,
} from './exchange.ts'
import { type LastBytesListener, onLastBytes } from './last-bytes.ts'
import { requestEnds, tellEnd } from './request-ends.ts'
import { isDisconnect, isDrained, type LastState, onSocketClose } from './socket-close.ts'

export interface HttpOptions {
  readonly requestCounts: RequestCounts
  /** Called with the server of a connection if the start of the connection was not observed. */
  readonly observeServer: (server: Server, socket: Socket) => void
}

/**
 * The request path of HTTP/1: two subscriptions, two clock reads, and one object per connection.
 * Each request of the connection reuses the object. `bench/request.mjs` measures the cost.
 */
export class HttpCollector {
  readonly #requestCounts: RequestCounts
  readonly #stops: Stop[]
  readonly #observeServer: HttpOptions['observeServer']
  readonly #key = Symbol('gunicorn-prometheus-exporter.connection')
  /** Bounded by the process's open sockets: a connection is removed when its socket closes. */
  readonly #connections = new Set<Connection>()
  /** Reused by each request in turn. */
  readonly #ended = newEndedRequest()
  #isEarly = false

  constructor({ requestCounts, observeServer }: HttpOptions) {
    this.#requestCounts = requestCounts
    this.#observeServer = observeServer
    this.#stops = [
      observeChannel('http.server.request.start', this.#onStart),
      observeChannel('http.server.response.finish', this.#onFinish),
    ]
  }

  stop(): void {
    stopAll(this.#stops)
    for (const connection of this.#connections) connection.release()
    this.#connections.clear()
  }

  /** Counts requests of new connections before the last bytes of their responses leave. */
  countEarly(): void {
    this.#isEarly = true
  }

  /** Observes a connection from its start, so that errors before the first request count. */
  watch(socket: Socket): void {
    if (!this.#connectionOf(socket)) this.#connect(socket)
  }

  /** Keeps an error that the application's `clientError` handler received, for the close. */
  clientFailed(socket: Socket, error: unknown): void {
    this.watch(socket)
    const connection = this.#connectionOf(socket)
    if (connection) connection.failure = error
  }

  /** Counts the open requests at the end of the process: answered, or failed. */
  endOpenRequests(errorType: string): void {
    for (const connection of this.#connections) {
      if (isDrained(connection.socket)) this.#complete(connection, hasLeft)
      this.#abort(connection, errorType)
    }
  }

  // Node turns an error of a subscriber into an uncaughtException. Both subscribers catch.
  readonly #onStart = (message: RequestStart): void => {
    try {
      this.#started(message)
    } catch {
      this.#requestCounts.addFault('http_request')
    }
  }

  readonly #onFinish = (message: ResponseFinish): void => {
    try {
      this.#finished(message)
    } catch {
      this.#requestCounts.addFault('http_response')
    }
  }

  readonly #lastBytes: LastBytesListener = {
    act: (exchange, sent) => {
      this.#ended.status = exchange.response?.statusCode
      this.#count(exchange, sent, finished)
    },
    onFault: () => this.#requestCounts.addFault('http_response'),
  }

  #started({ request, response, socket, server }: RequestStart): void {
    let connection = this.#connectionOf(socket)
    if (connection === undefined) {
      connection = this.#connect(socket)
      this.#observeServer(server, socket)
    }
    const exchange = connection.open(request, response)
    exchange.body = observeBody(request)
    exchange.active = this.#requestCounts.start(request.method, connection.isSecure)
    exchange.startedAt = monotonicNow()
  }

  #finished({ response, socket }: ResponseFinish): void {
    const connection = this.#connectionOf(socket)
    const exchange = connection?.oldest
    // Node finishes responses in order: the request of another response was not observed.
    if (connection === undefined || exchange?.response !== response) return
    const written = socket.bytesWritten
    this.#ended.status = response.statusCode
    this.#count(exchange, written - connection.written, finished)
    connection.close(exchange, written)
  }

  /** @param sent bytes of the response, with its head. */
  #count(exchange: Exchange, sent: number, { isClosed, abort }: End): void {
    if (exchange.isCounted) return
    exchange.isCounted = true
    const ended = this.#ended
    ended.seconds = (monotonicNow() - exchange.startedAt) / 1_000
    ended.responseBytes = responseBodyBytes(exchange.response, sent)
    ended.abort = abort
    describeExchange(ended, exchange, isClosed)
    this.#requestCounts.add(ended)
    if (requestEnds.hasSubscribers) tellEnd(ended, exchange)
  }

  #connectionOf(socket: Socket): Connection | undefined {
    return (socket as unknown as Record<symbol, Connection | undefined>)[this.#key]
  }

  #connect(socket: Socket): Connection {
    const connection = new Connection(socket)
    Object.defineProperty(socket, this.#key, { value: connection })
    this.#connections.add(connection)
    if (this.#isEarly) onLastBytes(connection, this.#lastBytes)
    connection.release = onSocketClose(socket, (state) => {
      try {
        this.#closed(connection, state)
      } catch {
        this.#requestCounts.addFault('http_connection')
      }
    })
    return connection
  }

  #closed(connection: Connection, { wasHttp, wasDrained }: LastState): void {
    this.#connections.delete(connection)
    const failure = connection.failure ?? (wasHttp ? connection.socket.errored : undefined)
    if (failure && !isDisconnect(failure)) this.#addHandled(connection, failure)
    if (wasDrained) this.#complete(connection)
    this.#abort(connection, 'aborted')
  }

  /** A client can close the connection at the last byte, before the handler calls `end()`. */
  #complete(connection: Connection, isWhole = isWholeBody): void {
    const { oldest } = connection
    const { bytesWritten: written } = connection.socket
    const sent = written - connection.written
    if (!oldest || !isWhole(oldest.response, sent)) return
    this.#ended.status = oldest.response?.statusCode
    this.#count(oldest, sent, closed)
    connection.close(oldest, written)
  }

  #addHandled({ oldest }: Connection, failure: unknown): void {
    const { method, url: target } = oldest?.request ?? {}
    const unknown = { route: undefined, status: undefined }
    this.#requestCounts.addHandled({ ...unknown, method, target, errorType: errorTypeOf(failure) })
  }

  #abort(connection: Connection, errorType: string): void {
    const written = connection.socket.bytesWritten
    let isOldest = true
    for (let open = connection.oldest; open; open = connection.oldest) {
      // Only the oldest response can have sent bytes: Node holds the others back.
      const isSent = isOldest && open.response?.headersSent
      this.#ended.status = isSent ? open.response?.statusCode : undefined
      this.#count(open, written - connection.written, { isClosed: true, abort: errorType })
      connection.close(open, written)
      isOldest = false
    }
  }
}
