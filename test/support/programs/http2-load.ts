import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { messageOf } from '../../../src/support/error-message.ts'
import type { SteadyLoad } from './steady-load.ts'

export interface Http2Load extends SteadyLoad {
  /** Streams that the server refused by GOAWAY. A client may send the requests again. */
  readonly refused: () => number
}

/**
 * Requests without a pause over HTTP/2 sessions, as a proxy makes them, until `stop()`.
 * @param origin for example `https://127.0.0.1:8443`; any certificate is good.
 */
export function http2Load(origin: string, sessions: number): Http2Load {
  const load = { isOn: true, completed: 0, refused: 0, failures: [] as string[] }
  const lanes = Array.from({ length: sessions }, async () => {
    const lane = new Lane(origin)
    while (load.isOn && load.failures.length < mostFailures) {
      try {
        if (await lane.send()) load.completed += 1
        else load.refused += 1
      } catch (error) {
        load.failures.push(messageOf(error))
      }
    }
    lane.close()
  })
  return {
    completed: () => load.completed,
    refused: () => load.refused,
    async stop() {
      load.isOn = false
      await Promise.all(lanes)
      return { completed: load.completed, failures: load.failures }
    },
  }
}

const mostFailures = 10_000
/** A request without an answer is a failure too, and does not block the test. */
const timeoutMs = 20_000

/** One session at a time; a session that the server ends makes room for the next session. */
class Lane {
  readonly #origin: string
  #session: ClientHttp2Session | undefined
  /** The last accepted stream of the session; undefined without GOAWAY. */
  #lastStream: number | undefined

  constructor(origin: string) {
    this.#origin = origin
  }

  /**
   * @returns whether the request was answered; false: the server refused the stream by GOAWAY,
   * which RFC 9113 lets a client send again.
   * @throws when the request failed.
   */
  async send(): Promise<boolean> {
    const session = this.#open()
    const stream = session.request({ ':path': '/' })
    stream.setTimeout(timeoutMs, () => stream.destroy(new Error(`no answer in ${timeoutMs} ms`)))
    try {
      const [[headers]] = await Promise.all([once(stream, 'response'), stream.resume().toArray()])
      if (headers[':status'] !== 200) throw new Error(`status ${headers[':status']}`)
      return true
    } catch (error) {
      const isRefused = this.#lastStream !== undefined && (stream.id ?? Infinity) > this.#lastStream
      if (isRefused) return false
      throw error
    }
  }

  close(): void {
    this.#session?.close()
  }

  #open(): ClientHttp2Session {
    const known = this.#session
    if (known && !known.closed && !known.destroyed) return known
    const session = connect(this.#origin, { rejectUnauthorized: false })
    this.#session = session
    this.#lastStream = undefined
    session.on('goaway', (_, lastStream) => {
      if (session === this.#session) this.#lastStream = lastStream
    })
    // The stream's error fails the request.
    session.on('error', () => {})
    return session
  }
}
