import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type ClientHttp2Session, connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Answers } from '../kills/answers.ts'
import { eventually, startApp } from '../programs/app.ts'
import { sharedTotals } from './shared-totals.ts'

/** How the processes of `apps/cluster/http2-end.cjs` end at SIGTERM to all of them. */
export interface Http2End {
  readonly tls: boolean
  readonly primary: 'exit' | 'wait'
}

export interface Http2EndResult {
  /** Answers that clients received whole. */
  readonly answered: number
  /** Answers of the last turn of each worker with an answer. */
  readonly ofLastTurns: number
  /** Requests, in the shared directory after the end. */
  readonly counted: number
  /** The part of these requests without an answer. */
  readonly failed: number
  /** From the signal to the end of the primary, milliseconds. */
  readonly tookMs: number
}

const sessionsOfLoad = 4
const streamsOfSession = 8
const requestsBeforeEnd = 200

/** Ends a cluster under load over HTTP/2, and compares the counts with the answers. */
export async function endHttp2Group({ tls, primary }: Http2End): Promise<Http2EndResult> {
  const directory = await mkdtemp(join(tmpdir(), 'http2-end-'))
  const env = { PROMETHEUS_SHARED_DIR: directory, TLS: String(tls), PRIMARY_END: primary }
  const app = await startApp({ file: 'apps/cluster/http2-end.cjs', env })
  try {
    const load = new Load(`${tls ? 'https' : 'http'}://127.0.0.1:${await app.ready()}`)
    await eventually(() => {
      if (load.total < requestsBeforeEnd) throw new Error(`${load.total} answers`)
    })
    const { pid = 0 } = app.child
    const exited = once(app.child, 'exit')
    const began = performance.now()
    process.kill(-pid, 'SIGTERM')
    await exited
    const tookMs = performance.now() - began
    await app.ended
    await load.ended
    const total = await sharedTotals(directory)
    return {
      answered: load.total,
      ofLastTurns: load.ofLastTurns(),
      counted: total('gunicorn_worker_requests_total'),
      failed: total('gunicorn_worker_failed_requests_total'),
      tookMs,
    }
  } finally {
    await app.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Requests without a pause until the server closes all sessions. */
class Load {
  readonly ended: Promise<unknown>
  readonly #answers = new Answers()
  readonly #pids = new Set<string>()
  total = 0

  constructor(origin: string) {
    const sessions = Array.from({ length: sessionsOfLoad }, () => {
      // Any certificate is good.
      return connect(origin, { rejectUnauthorized: false }).on('error', () => {})
    })
    this.ended = Promise.all(
      sessions.flatMap((session) =>
        Array.from({ length: streamsOfSession }, () => this.#repeat(session)),
      ),
    )
  }

  ofLastTurns(): number {
    return [...this.#pids].reduce((all, pid) => all + this.#answers.take(pid).ofTurn, 0)
  }

  async #repeat(session: ClientHttp2Session): Promise<void> {
    while (!session.closed && !session.destroyed) await this.#request(session)
  }

  async #request(session: ClientHttp2Session): Promise<void> {
    const stream = session.request({ ':path': '/' }).on('error', () => {})
    let [text, status] = ['', 0]
    stream.on('response', (headers) => {
      status = Number(headers[':status'])
    })
    stream.setEncoding('utf8').on('data', (data: string) => {
      text += data
    })
    await new Promise((resolve) => stream.once('close', resolve))
    if (status !== 200 || !text.endsWith('\n')) return
    this.total += 1
    this.#pids.add(this.#answers.add(text))
  }
}
