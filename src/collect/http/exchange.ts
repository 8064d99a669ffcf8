import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Stop } from '../../support/stop.ts'
import type { BodySize } from './body-size.ts'

/** Message of Node's channel `http.server.request.start`. */
export interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
  readonly server: Server
}

/** Message of Node's channel `http.server.response.finish`. */
export type ResponseFinish = Omit<RequestStart, 'server'>

/** How a response ends. */
export interface End {
  /** Whether the connection closed before Node's event `finish`. */
  readonly isClosed: boolean
  /** Why the response is not complete. */
  readonly abort: string | undefined
}

export const finished: End = { isClosed: false, abort: undefined }
export const closed: End = { isClosed: true, abort: undefined }

/**
 * An HTTP/1 request without a complete response. Pipelined exchanges of a connection form a list in
 * order of arrival.
 */
export class Exchange {
  request: IncomingMessage | undefined
  response: ServerResponse | undefined
  /** Time by `monotonicNow()`, milliseconds. */
  startedAt = 0
  body: BodySize | undefined
  /** What `RequestCounts.start` returned. */
  active = 0
  next: Exchange | undefined
  /** A request can count before its response has finished. */
  isCounted = false
}

/** A client's connection, from its start or its first request until the connection closes. */
export class Connection {
  readonly socket: Socket
  readonly isSecure: boolean
  /** The error that the application's `clientError` handler received. */
  failure: unknown
  oldest: Exchange | undefined
  /** `socket.bytesWritten` before the first byte of the oldest response. */
  written: number
  /** Stops the observation of the socket's end. */
  release: Stop = () => {}
  #newest: Exchange | undefined
  /** Reused by each request in turn: a connection rarely has two open requests. */
  readonly #spare = new Exchange()

  constructor(socket: Socket) {
    this.socket = socket
    this.written = socket.bytesWritten
    this.isSecure = 'encrypted' in socket && socket.encrypted === true
  }

  open(request: IncomingMessage, response: ServerResponse): Exchange {
    const exchange = this.oldest === undefined ? this.#spare : new Exchange()
    exchange.request = request
    exchange.response = response
    if (this.oldest === undefined) this.oldest = exchange
    else if (this.#newest) this.#newest.next = exchange
    this.#newest = exchange
    return exchange
  }

  /**
   * Removes the oldest exchange. The response of the next exchange starts at the byte `written`.
   */
  close(exchange: Exchange, written: number): void {
    this.oldest = exchange.next
    this.written = written
    exchange.request = undefined
    exchange.response = undefined
    exchange.body = undefined
    exchange.next = undefined
    exchange.isCounted = false
  }
}
