import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { masterLimits } from '../../limits/master.ts'
import { guarded } from '../../support/guarded.ts'
import { type Activity, isEndless } from './activity.ts'

/** The largest stream: GOAWAY with this number announces the end, and refuses no stream. */
const largestStream = 2 ** 31 - 1

interface Stream {
  readonly isTunnel: boolean
  /** When the drain first saw the head of the response, by the clock. */
  headSeenAt: number | undefined
}

export interface Http2ConnectionOptions {
  /** The clock, milliseconds. */
  readonly now: () => number
  /** Called with the part that met an error. Must not throw. */
  readonly onFault: (part: string) => void
}

/** A session of HTTP/2. */
export class Http2Connection {
  readonly #session: ServerHttp2Session
  readonly #onFault: (part: string) => void
  /** Open streams; bounded by the limit of concurrent streams. */
  readonly #streams = new Map<ServerHttp2Stream, Stream>()
  /** When the drain began, by the clock. */
  #endsSince: number | undefined
  #announcedAt: number | undefined

  constructor(session: ServerHttp2Session, { now, onFault }: Http2ConnectionOptions) {
    this.#session = session
    this.#onFault = onFault
    const opened = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
      this.#add(stream, headers)
      if (this.#endsSince !== undefined) this.#announce(now())
    }
    // Before the application can answer to the stream.
    session.prependListener(
      'stream',
      guarded(opened, () => onFault('stream')),
    )
  }

  /**
   * Announces the end with the next stream, or soon. The library of the client refuses a stream
   * that waits to be written when the announcement comes. A client that has just opened a stream
   * waits for the response.
   */
  endSoon(now: number): void {
    this.#endsSince ??= now
  }

  activity(now: number): Activity {
    const isClosing = this.#session.closed || this.#session.destroyed
    return isClosing && this.#areEndless(now) ? 'endless' : 'busy'
  }

  /** Closes the session some time after the announcement. The session ends with its streams. */
  endIfQuiet(now: number): void {
    if (this.#endsSince === undefined || this.#session.closed) return
    const { announceMs, goawayMs, longestGoawayMs } = masterLimits
    if (now - this.#endsSince >= announceMs) this.#announce(now)
    const ageMs = now - (this.#announcedAt ?? now)
    const isQuiet = ageMs >= goawayMs && this.#areEndless(now)
    if (isQuiet || ageMs >= longestGoawayMs) this.#session.close()
  }

  #add(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const isTunnel = headers[':method'] === 'CONNECT'
    this.#streams.set(stream, { isTunnel, headSeenAt: undefined })
    stream.once(
      'close',
      guarded(
        () => void this.#streams.delete(stream),
        () => this.#onFault('stream'),
      ),
    )
  }

  /** A final GOAWAY at once would refuse the streams that are on their way. */
  #announce(now: number): void {
    if (this.#announcedAt !== undefined || this.#session.destroyed) return
    this.#announcedAt = now
    this.#session.goaway(0, largestStream)
  }

  #areEndless(now: number): boolean {
    return [...this.#streams].every(([stream, known]) => isStreamEndless(stream, known, now))
  }
}

function isStreamEndless(stream: ServerHttp2Stream, known: Stream, now: number): boolean {
  if (known.isTunnel) return true
  if (!stream.headersSent || stream.destroyed) return stream.destroyed
  known.headSeenAt ??= now
  const { 'content-type': contentType, 'content-length': length } = stream.sentHeaders
  const head = { contentType: contentType?.toString(), hasLength: length !== undefined }
  return isEndless(head, now - known.headSeenAt)
}
