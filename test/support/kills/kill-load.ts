import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answers } from './answers.ts'

export type KillProtocol = 'http1' | 'http2'

export interface KillLoadOptions {
  readonly protocol: KillProtocol
  readonly port: number
  /** Without TLS, with the compatibility API and with streams; then the same with TLS. */
  readonly http2Ports: readonly number[]
  readonly answers: Answers
}

/** Answers after which a connection ends: the youngest workers need new connections. */
const answersOfConnection = 200

/** Longest life of a session, and longest wait for its close. */
const laneMs = 15_000
const closeMs = 1_000
const streamsOfSession = [1, 16]
const http2Paths = ['/', '/trailers']

/** Load by keep-alive, by pipelining and by HTTP/2, until `stop()`. */
export class KillLoad {
  readonly #options: KillLoadOptions
  readonly #lanes: Promise<void>[]
  /** The open connections of each worker. */
  readonly #connections = new Map<string, Set<symbol>>()
  #isOn = true

  constructor(options: KillLoadOptions) {
    this.#options = options
    // Batches of 1 are keep-alive, larger batches are pipelining.
    const sizes = [1, 1, 1, 1, 4, 16]
    this.#lanes =
      options.protocol === 'http1'
        ? sizes.map((size) => this.#repeat(() => this.#http1(size)))
        : options.http2Ports.flatMap((port, index) => {
            const origin = `${index < 2 ? 'http' : 'https'}://127.0.0.1:${port}`
            return streamsOfSession.map((size) => this.#repeat(() => this.#http2(origin, size)))
          })
  }

  /** Connections that this worker has answered, and that are still open. */
  openTo(pid: string): number {
    return this.#connections.get(pid)?.size ?? 0
  }

  async stop(): Promise<void> {
    this.#isOn = false
    await Promise.all(this.#lanes)
  }

  async #repeat(act: () => Promise<void>): Promise<void> {
    while (this.#isOn) {
      // The worker was killed, or no worker listens.
      await act().catch(() => sleep(10))
    }
  }

  async #http1(batch: number): Promise<void> {
    const socket = connect(this.#options.port, '127.0.0.1').setEncoding('latin1')
    socket.setTimeout(5_000, () => socket.destroy())
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const text = 'GET / HTTP/1.1\r\nHost: kills\r\n\r\n'.repeat(batch)
    const note = this.#noteOf()
    let received = ''
    let total = 0
    socket.on('data', (data) => {
      const lines = (received + String(data)).split('\n')
      received = lines.pop() ?? ''
      const answers = lines.filter((line) => /^\d+ \d+$/.test(line))
      for (const line of answers) note.answer(line)
      total += answers.length
      if (answers.length === 0 || total % batch !== 0) return
      if (this.#isOn && total < answersOfConnection) socket.write(text)
      else socket.destroy()
    })
    socket.write(text)
    await closed
    note.close()
  }

  async #http2(origin: string, streams: number): Promise<void> {
    const session = connectHttp2(origin, { rejectUnauthorized: false })
    session.setTimeout(5_000, () => session.destroy())
    session.on('error', () => {})
    const closed = new Promise((resolve) => session.once('close', resolve))
    const note = this.#noteOf()
    let total = 0
    const request = async (): Promise<void> => {
      while (this.#isOn && total < answersOfConnection && !session.closed) {
        const path = http2Paths[total % http2Paths.length]
        const stream = session.request({ ':path': path })
        const [data] = await stream.toArray()
        // The end of the connection ends a stream without an error. The answer has no end then.
        if (data === undefined || stream.rstCode !== 0) return
        note.answer(String(data))
        total += 1
      }
    }
    // A lane on a killed worker must end, whatever its session and its streams tell.
    const requests = Promise.allSettled(Array.from({ length: streams }, request))
    await Promise.race([closed, requests, sleep(laneMs, undefined, { ref: false })])
    session.destroy()
    await Promise.race([closed, sleep(closeMs, undefined, { ref: false })])
    note.close()
  }

  #noteOf(): { readonly answer: (line: string) => void; readonly close: () => void } {
    const connection = Symbol('connection')
    let pid: string | undefined
    let isClosed = false
    return {
      answer: (line) => {
        // The comparison of the kill has the answers up to the close.
        if (isClosed) return
        pid = this.#options.answers.add(line)
        const known = this.#connections.get(pid) ?? new Set()
        this.#connections.set(pid, known.add(connection))
      },
      close: () => {
        isClosed = true
        if (pid !== undefined) this.#connections.get(pid)?.delete(connection)
      },
    }
  }
}
