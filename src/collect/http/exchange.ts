import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Stop } from '../../support/stop.ts'
import type { BodySize } from './body-size.ts'

/** One request being answered; pipelined ones of a connection form a list in order of arrival. */
export class Exchange {
  request: IncomingMessage | undefined
  response: ServerResponse | undefined
  /** By the clock of `performance.now()`, milliseconds. */
  startedAt = 0
  /** `socket.bytesWritten` when the response's first byte could go out. */
  writtenBefore = 0
  body: BodySize | undefined
  next: Exchange | undefined
}

/** A client's connection, from its beginning or its first request to its close. */
export class Connection {
  readonly socket: Socket
  /** The error that the application's own `clientError` handler was given. */
  failure: unknown
  oldest: Exchange | undefined
  /** Stops the watch over the socket's end. */
  release: Stop = () => {}
  #newest: Exchange | undefined
  /** Used by one request after the other: a connection seldom has two open. */
  readonly #spare = new Exchange()

  constructor(socket: Socket) {
    this.socket = socket
  }

  open(request: IncomingMessage, response: ServerResponse): Exchange {
    const exchange = this.oldest === undefined ? this.#spare : new Exchange()
    exchange.request = request
    exchange.response = response
    exchange.writtenBefore = this.socket.bytesWritten
    if (this.oldest === undefined) this.oldest = exchange
    else if (this.#newest) this.#newest.next = exchange
    this.#newest = exchange
    return exchange
  }

  /** Lets go of the oldest exchange; the next one's response begins where its own ended. */
  close(exchange: Exchange, written: number): void {
    const { next } = exchange
    this.oldest = next
    if (next) next.writtenBefore = written
    exchange.request = undefined
    exchange.response = undefined
    exchange.body = undefined
    exchange.next = undefined
  }
}
