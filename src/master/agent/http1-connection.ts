import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Activity, type Head, isEndless } from './activity.ts'
import { closeAfter } from './last-response.ts'

/** How long a draining worker keeps connections without a request, milliseconds. */
export interface QuietTimes {
  /** For a client that has sent nothing since the last response. */
  readonly idleMs: number
  /** For a client that has sent a part of a request, or of a TLS handshake. */
  readonly partMs: number
}

/** Node.js sets and removes the parser of HTTP/1. An upgraded connection has none. */
interface ParsedSocket {
  readonly parser?: object | null
}

/** An accepted connection of any protocol other than HTTP/2. */
export class Http1Connection {
  readonly #socket: Socket
  /** The latest unfinished response; a client that pipelines has several. */
  #response: ServerResponse | undefined
  /** When the drain first saw the head of the response, by the clock. */
  #headSeenAt: number | undefined
  /** Bytes that the client had sent when the latest response finished. */
  #bytesAnswered = 0
  /** When the drain first saw the connection without a request, by the clock. */
  #quietSince: number | undefined
  readonly #isEncrypted: boolean
  readonly #onFault: (part: string) => void

  /**
   * @param isEncrypted whether the socket only carries a TLS connection.
   * @param onFault called with the part that met an error.
   */
  constructor(socket: Socket, isEncrypted: boolean, onFault: (part: string) => void) {
    this.#socket = socket
    this.#isEncrypted = isEncrypted
    this.#onFault = onFault
  }

  requested(response: ServerResponse): void {
    this.#response = response
    this.#headSeenAt = undefined
    this.#quietSince = undefined
  }

  responded(response: ServerResponse): void {
    if (this.#response !== response) return
    this.#response = undefined
    this.#bytesAnswered = this.#socket.bytesRead
  }

  /** Makes the current response the last response of the connection. */
  endSoon(): void {
    if (this.#response) closeAfter(this.#response, this.#onFault)
  }

  activity(now: number): Activity {
    if (this.#response) return this.#responseActivity(this.#response, now)
    return this.#isUpgraded ? 'endless' : 'idle'
  }

  /** Ends the connection if it was quiet for long enough. A request can be on its way. */
  endIfQuiet(now: number, { idleMs, partMs }: QuietTimes): void {
    if (this.activity(now) !== 'idle') return
    this.#quietSince ??= now
    // Also the rest of a body whose request is answered counts as a part of a request.
    const hasPart = this.#socket.bytesRead !== this.#bytesAnswered
    if (now - this.#quietSince >= (hasPart ? partMs : idleMs)) this.#socket.destroy()
  }

  /** A socket of a plain TCP server counts as upgraded from its first byte. */
  get #isUpgraded(): boolean {
    const { parser } = this.#socket as ParsedSocket
    return !this.#isEncrypted && !parser && this.#socket.bytesRead > 0
  }

  #responseActivity(response: ServerResponse, now: number): Activity {
    const head = headOf(response)
    if (!head) return 'busy'
    this.#headSeenAt ??= now
    return isEndless(head, now - this.#headSeenAt) ? 'endless' : 'busy'
  }
}

/** `getHeader()` does not return the headers that the application gave to `writeHead()`. */
function headOf(response: ServerResponse): Head | undefined {
  const { _header: text } = response as { readonly _header?: unknown }
  if (!response.headersSent || typeof text !== 'string') return undefined
  return {
    contentType: /^content-type:[ \t]*(.*)$/im.exec(text)?.[1],
    hasLength: /^content-length:/im.test(text),
  }
}
