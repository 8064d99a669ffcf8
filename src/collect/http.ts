import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type BodySize, observeBody } from './body-size.ts'
import { errorTypeOf } from './error-type.ts'
import { routeOf } from './route.ts'
import type { Stop } from './stop.ts'
import type { RequestRecorder, Tally } from './tally.ts'

/*
 * The request path of HTTP/1. Two subscriptions, two clock reads, one object per connection that is
 * used again by the next request on it: see bench/request.mjs for the price.
 */

interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
  readonly server: Server
}

type ResponseFinish = Omit<RequestStart, 'server'>

/** One request being answered; pipelined ones of a connection form a list in order of arrival. */
class Exchange {
  request: IncomingMessage | undefined
  response: ServerResponse | undefined
  startedAt = 0
  /** `socket.bytesWritten` when the response's first byte could go out. */
  writtenBefore = 0
  body: BodySize | undefined
  next: Exchange | undefined
}

/** A client's connection, from its first request to its close. */
class Connection {
  readonly socket: Socket
  readonly spare: Exchange = new Exchange()
  oldest: Exchange | undefined
  newest: Exchange | undefined
  failure: unknown

  constructor(socket: Socket) {
    this.socket = socket
  }
}

/** Ends all requests that are still open, at the end of the process. */
export type EndOpenRequests = (errorType: string | undefined) => void

export interface HttpObserver {
  readonly stop: Stop
  readonly endOpenRequests: EndOpenRequests
  /** Watches a connection from its beginning, so that errors before its first request are seen. */
  readonly watch: (socket: Socket) => void
  /** An error that the application's own `clientError` handler took; counted when the connection closes. */
  readonly clientFailed: (socket: Socket, error: unknown) => void
}

export interface HttpOptions {
  readonly tally: Tally
  readonly record: RequestRecorder
  /** Called with the server of every new connection. */
  readonly adopt: (server: Server) => void
}

export function observeHttp({ tally, record, adopt }: HttpOptions): HttpObserver {
  const connectionKey = Symbol('gunicorn-prometheus-exporter.connection')
  // Bounded by the process's open sockets: each leaves at its 'close'.
  const connections = new Set<Connection>()
  const now = performance.now.bind(performance)

  function connectionOf(socket: Socket): Connection {
    const known = (socket as unknown as Record<symbol, Connection | undefined>)[connectionKey]
    return known ?? connect(socket)
  }

  function connect(socket: Socket): Connection {
    const connection = new Connection(socket)
    Object.defineProperty(socket, connectionKey, { value: connection, enumerable: false })
    connections.add(connection)
    socket.once('close', () => guard(closed, connection))
    return connection
  }

  function started({ request, response, socket, server }: RequestStart): void {
    const size = connections.size
    const connection = connectionOf(socket)
    if (connections.size > size) adopt(server)
    const exchange = connection.oldest === undefined ? connection.spare : new Exchange()
    exchange.request = request
    exchange.response = response
    exchange.body = observeBody(request)
    exchange.writtenBefore = socket.bytesWritten
    if (connection.newest) connection.newest.next = exchange
    else connection.oldest = exchange
    connection.newest = exchange
    tally.started += 1
    exchange.startedAt = now()
  }

  function finished({ response, socket }: ResponseFinish): void {
    const connection = connectionOf(socket)
    const exchange = connection.oldest
    // Node finishes pipelined responses in order, so the oldest it is, or one that began unseen.
    if (exchange?.response !== response) return
    const written = socket.bytesWritten
    const status = response.statusCode
    count(exchange, written)
    tally.addStatus(status)
    if (status >= 400) fail(exchange, status, undefined)
    connection.oldest = exchange.next
    if (exchange.next) exchange.next.writtenBefore = written
    else connection.newest = undefined
    release(exchange)
  }

  function count(exchange: Exchange, written: number): void {
    const duration = (now() - exchange.startedAt) / 1_000
    const head = headBytes(exchange.response)
    const responseBytes = Math.max(0, written - exchange.writtenBefore - head)
    record(duration, exchange.body?.bytes ?? 0, responseBytes)
    tally.ended += 1
  }

  function fail(
    exchange: Exchange,
    status: number | undefined,
    errorType: string | undefined,
  ): void {
    const { request } = exchange
    const target = request && originalTarget(request)
    const route = request && routeOf(request)
    tally.addFailed({ method: request?.method, target, route, status, errorType })
  }

  function closed(connection: Connection): void {
    connections.delete(connection)
    const { socket } = connection
    const failure = connection.failure ?? socket.errored
    if (failure && isClientError(failure)) handle(connection, failure)
    abort(connection, 'aborted')
  }

  function handle(connection: Connection, failure: unknown): void {
    const request = connection.oldest?.request
    tally.addHandled({
      method: request?.method,
      target: request?.url,
      route: undefined,
      status: undefined,
      errorType: errorTypeOf(failure),
    })
  }

  function abort(connection: Connection, errorType: string): void {
    let exchange = connection.oldest
    const written = connection.socket.bytesWritten
    connection.oldest = undefined
    connection.newest = undefined
    while (exchange) {
      const { next, response } = exchange
      // The responses behind the oldest have not written a byte.
      count(exchange, response?.headersSent ? written : exchange.writtenBefore)
      fail(exchange, response?.headersSent ? response.statusCode : undefined, errorType)
      release(exchange)
      exchange = next
    }
  }

  function guard<T>(act: (argument: T) => void, argument: T): void {
    try {
      act(argument)
    } catch {
      tally.addFault('http')
    }
  }

  // Node turns what a subscriber throws into an uncaughtException.
  const onStart = (message: unknown): void => guard(started, message as RequestStart)
  const onFinish = (message: unknown): void => guard(finished, message as ResponseFinish)
  subscribe('http.server.request.start', onStart)
  subscribe('http.server.response.finish', onFinish)

  return {
    stop() {
      unsubscribe('http.server.request.start', onStart)
      unsubscribe('http.server.response.finish', onFinish)
    },
    endOpenRequests(errorType) {
      for (const connection of connections) abort(connection, errorType ?? 'aborted')
    },
    watch: (socket) => guard(connectionOf, socket),
    clientFailed(socket, error) {
      guard(() => {
        connectionOf(socket).failure = error
      }, undefined)
    },
  }
}

/** Lets go of the request, which may outlive its response by nothing. */
function release(exchange: Exchange): void {
  exchange.request = undefined
  exchange.response = undefined
  exchange.body = undefined
  exchange.next = undefined
}

/** Size of the response head that Node wrote. `_header` is old, undocumented and widely relied upon. */
function headBytes(response: ServerResponse | undefined): number {
  const header = (response as { _header?: unknown } | undefined)?._header
  return typeof header === 'string' ? header.length : 0
}

/** Express cuts the mount path from `url` and keeps the whole in `originalUrl`. */
function originalTarget(request: IncomingMessage): string | undefined {
  const { originalUrl } = request as { originalUrl?: unknown }
  return typeof originalUrl === 'string' ? originalUrl : request.url
}

/** A peer that goes away is no error of the protocol; a request it leaves behind counts as aborted. */
function isClientError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code !== 'ECONNRESET' && code !== 'EPIPE'
}
