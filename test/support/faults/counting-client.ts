import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../src/support/error-message.ts'

/** A request without a response within this time is a failure. Longer than any fault lasts. */
const patienceMs = 120_000
/** Requests on one connection. New connections reach new workers. */
const requestsPerConnection = 200

/**
 * The primary of Node.js keeps a connection that it hands to a worker at its sudden end, with or
 * without the exporter. A connection near such an end waits only this long, milliseconds.
 */
const orphanPatienceMs = 3_000

/** The deadline only ends a failing test. */
const pauseDeadlineMs = 40_000

/** A connection that fails at once is not repeated at once. */
const reconnectMs = 20

/** A report is at most one second old, and a busy machine delays the next. */
const recentMs = 3_000

interface Response {
  readonly pid: number
  /** By `performance.now()`. */
  readonly at: number
}

interface Lane {
  /** The worker of the connection; undefined before the first response. */
  pid: number | undefined
  /** When the connection began, by `performance.now()`. */
  begin: number
}

export interface ClientOptions {
  readonly port: number
  readonly connections: number
  readonly pauseMs: number
}

/**
 * Sends requests over connections that stay open, one request at a time on each. Each
 * response has the pid of its worker.
 */
export class CountingClient {
  /** Responses by the pid of the worker. */
  readonly answers: Map<number, number> = new Map()
  /** Requests that failed on a connection of a killed worker. */
  cut = 0
  /** Of these, the requests that a slow worker may have counted all the same. */
  orphaned = 0
  /** Requests that failed for another reason. */
  readonly failures: string[] = []
  readonly #port: number
  readonly #pauseMs: number
  /** The latest responses. */
  #latest: Response[] = []
  readonly #lanes: Lane[]
  readonly #agents = new Set<Agent>()
  readonly #killed = new Set<number>()
  /** Workers that were told to end suddenly, and may live. */
  readonly #dying = new Set<number>()
  #lastEnd = Number.NEGATIVE_INFINITY
  #running: Promise<unknown> = Promise.resolve()
  #isOn = false
  /** Until when the port was down, by `performance.now()`. */
  #downUntil = Number.NEGATIVE_INFINITY

  /** @param pauseMs time between two requests of a connection. */
  constructor({ port, connections, pauseMs }: ClientOptions) {
    this.#port = port
    this.#pauseMs = pauseMs
    this.#lanes = Array.from({ length: connections }, () => ({ pid: undefined, begin: 0 }))
  }

  get total(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0)
  }

  start(): void {
    this.#isOn = true
    this.#running = Promise.all(this.#lanes.map((lane) => this.#run(lane)))
  }

  /**
   * Resolves after every open request is complete.
   * @throws where a request has no response for a long time.
   */
  async pause(): Promise<void> {
    this.#isOn = false
    const isDone = await Promise.race([
      this.#running.then(() => true),
      sleep(pauseDeadlineMs, false, { ref: false }),
    ])
    if (!isDone) throw new Error(`requests without a response: ${JSON.stringify(this.#lanes)}`)
  }

  /** Ends without a wait for open requests. */
  abort(): void {
    this.#isOn = false
    for (const agent of this.#agents) agent.destroy()
  }

  /** Whether a process is unable to accept connections. Connections that begin then may fail. */
  set isPortDown(isDown: boolean) {
    this.#downUntil = isDown ? Number.POSITIVE_INFINITY : performance.now()
  }

  /** The workers that have responded in the last seconds, without killed workers. */
  answering(): readonly number[] {
    const pids = new Set(this.#recent().map(({ pid }) => pid))
    return [...pids].filter((pid) => !this.#killed.has(pid))
  }

  /**
   * To call before a worker ends suddenly.
   * @returns the connections of the worker: at most so many requests belong to one turn of its
   * event loop.
   */
  expectEnd(pid: number): number {
    this.#killed.add(pid)
    this.#dying.add(pid)
    return this.#lanes.filter((lane) => lane.pid === pid || lane.pid === undefined).length
  }

  /** The responses of a worker in the last seconds: no report need contain these requests. */
  unreported(pid: number): number {
    return this.#recent().filter((each) => each.pid === pid).length
  }

  /** To call after the end. */
  noteEnd(pid: number): void {
    this.#dying.delete(pid)
    this.#lastEnd = performance.now()
  }

  #recent(): readonly Response[] {
    const since = performance.now() - recentMs
    this.#latest = this.#latest.filter(({ at }) => at > since)
    return this.#latest
  }

  async #run(lane: Lane): Promise<void> {
    while (this.#isOn) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      this.#agents.add(agent)
      Object.assign(lane, { pid: undefined, begin: performance.now() })
      await this.#use(lane, agent)
      this.#agents.delete(agent)
      agent.destroy()
      if (lane.pid === undefined) await sleep(reconnectMs)
    }
  }

  /** Sends the requests of one connection. */
  async #use(lane: Lane, agent: Agent): Promise<void> {
    for (let count = 0; count < requestsPerConnection && this.#isOn; count += 1) {
      if (!(await this.#count(lane, agent))) return
      if (this.#pauseMs > 0) await sleep(this.#pauseMs)
    }
  }

  /** @returns whether the connection goes on. */
  async #count(lane: Lane, agent: Agent): Promise<boolean> {
    try {
      const pid = Number(await this.#ask(lane, agent))
      lane.pid = pid
      this.answers.set(pid, (this.answers.get(pid) ?? 0) + 1)
      this.#latest.push({ pid, at: performance.now() })
      return true
    } catch (error) {
      if (this.#isOfKilled(lane)) this.cut += 1
      else this.failures.push(`${messageOf(error)}, pid ${lane.pid}`)
      // A port without a listener refuses connections immediately.
      if (this.failures.length > 1_000) this.#isOn = false
      return false
    }
  }

  #isOfKilled({ pid, begin }: Lane): boolean {
    if (pid !== undefined) return this.#killed.has(pid)
    return (
      this.#downUntil >= begin || this.#dying.size > 0 || this.#lastEnd > begin - orphanPatienceMs
    )
  }

  #isOrphan(lane: Lane): boolean {
    // A primary that has not seen the end yet may hand the connection to another worker.
    if (this.#dying.size > 0 || !this.#isOfKilled(lane)) return false
    return performance.now() - Math.max(lane.begin, this.#lastEnd) > orphanPatienceMs
  }

  async #ask(lane: Lane, agent: Agent): Promise<string> {
    const to = { host: '127.0.0.1', port: this.#port, path: '/', agent, timeout: patienceMs }
    const message = request(to)
    message.once('timeout', () => message.destroy(new Error(`no answer in ${patienceMs} ms`)))
    const watch = setInterval(() => {
      if (!this.#isOrphan(lane)) return
      clearInterval(watch)
      this.orphaned += 1
      message.destroy(new Error('no process owns the connection'))
    }, 500)
    try {
      message.end()
      const [response] = await once(message, 'response')
      let body = ''
      for await (const data of response) body += String(data)
      if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
      return body
    } finally {
      clearInterval(watch)
    }
  }
}
