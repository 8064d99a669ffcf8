import assert from 'node:assert/strict'
import { type App, eventually, fetchText } from '../programs/app.ts'
import { childrenOf } from '../programs/process-tree.ts'
import { type Sample, select, sum } from '../prometheus/page.ts'
import type { Random } from '../random.ts'
import type { CountingClient } from './counting-client.ts'
import type { FaultSize } from './fault.ts'

const requests = 'gunicorn_worker_requests_total'
/** Keeps the share of every ended worker. */
const everyRequest = 'http_server_request_duration_seconds_count'

interface Kill {
  readonly pid: number
  /** So many requests may be lost, or may be counted without a response. */
  readonly bound: number
}

/**
 * What a worker may lose: with a crash file, the requests of one turn of its event loop. Without a
 * crash file, the requests since its last report.
 */
type Loss = 'turn' | 'second'

export interface StandParts {
  readonly app: App
  readonly port: number
  readonly client: CountingClient
  readonly size: FaultSize
  readonly random: Random
  /** The temporary directory of the application. */
  readonly directory: string
}

/** An application under load and a fault, with the gates that each fault shares. */
export class Stand {
  readonly app: App
  readonly port: number
  readonly client: CountingClient
  readonly size: FaultSize
  readonly random: Random
  readonly directory: string
  kills = 0
  /** Answered requests of killed workers that the page does not count. */
  lost = 0
  /** The most of a single worker. */
  mostLost = 0
  #unsettled: Kill[] = []
  /** Requests that killed workers have counted, by the page. */
  #settledCount = 0

  constructor({ app, port, client, size, random, directory }: StandParts) {
    this.app = app
    this.port = port
    this.client = client
    this.size = size
    this.random = random
    this.directory = directory
  }

  get primary(): number {
    return this.app.child.pid ?? assert.fail('the application has not started')
  }

  async page(): Promise<Sample[]> {
    return await this.app.page()
  }

  /** The workers that run. */
  workers(): readonly number[] {
    return childrenOf(this.primary)
  }

  /** Workers of which the client has a response, among at least two. */
  async answering(): Promise<number> {
    return await eventually(() => {
      const alive = this.workers()
      const answering = this.client.answering().filter((pid) => alive.includes(pid))
      // Without its last worker, a cluster loses its port.
      return answering.length > 1 ? this.random.pick(answering) : assert.fail('too few answer')
    }, 40_000)
  }

  /** Announces the sudden end of a worker to the gates. */
  expectEnd(pid: number, loss: Loss = 'turn'): void {
    this.kills += 1
    const connections = this.client.expectEnd(pid)
    const bound = loss === 'turn' ? connections : connections + this.client.unreported(pid)
    this.#unsettled.push({ pid, bound })
  }

  kill(pid: number, loss: Loss = 'turn'): void {
    this.expectEnd(pid, loss)
    process.kill(pid, 'SIGKILL')
    this.client.noteEnd(pid)
  }

  /** The application answers requests, at this moment. */
  async serving(count = 50): Promise<void> {
    const before = this.client.total
    await eventually(() => {
      const answered = this.client.total - before
      assert.ok(answered >= count, `${answered} requests answered, of ${count}`)
    }, 40_000)
    assert.deepEqual(this.client.failures, [])
  }

  /** Waits until a counter of the exporter has grown above the value that it had before. */
  async counted(
    before: readonly Sample[],
    name: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<void> {
    const old = select(before, name, labels).length === 0 ? 0 : sum(before, name, labels)
    await eventually(async () => {
      const now = sum(await this.page(), name, labels)
      assert.ok(now > old, `${name} ${JSON.stringify(labels)}: ${now}, and ${old} before`)
    }, 40_000)
  }

  /**
   * Pauses the load, compares the page with the answers, and goes on with the load.
   * @throws where a worker counted another number of requests than the client has answers, beyond
   * one turn of the event loop of a killed worker.
   */
  async settle(): Promise<void> {
    await this.client.pause()
    await eventually(() => this.#compare(), 40_000)
    this.client.start()
  }

  /** As `settle`, at the end of the load. */
  async finish(): Promise<void> {
    await this.client.pause()
    await eventually(() => this.#compare(), 40_000)
  }

  #assertEqual(counted: number, answered: number, what: string): void {
    const isEqual = counted >= answered && counted <= answered + this.client.orphaned
    assert.ok(isEqual, `${what}: ${counted} counted, ${answered} answered`)
  }

  async #compare(): Promise<void> {
    assert.deepEqual(this.client.failures, [])
    const ids = await workerIds(this.app)
    const page = await this.page()
    const countOf = (pid: number): number => {
      const worker_id = ids.get(pid) ?? assert.fail(`/status does not name the worker ${pid}`)
      return select(page, requests, { worker_id }).length === 0
        ? 0
        : sum(page, requests, { worker_id })
    }
    const results = this.#unsettled.map((kill) => {
      const answered = this.client.answers.get(kill.pid) ?? 0
      const counted = countOf(kill.pid)
      const lost = answered - counted
      // A counted request whose response did not arrive makes the difference negative.
      assert.ok(
        Math.abs(lost) <= kill.bound,
        `${kill.pid}: ${answered} answered, ${counted} counted, allowed is ${kill.bound}`,
      )
      return { counted, lost: Math.max(0, lost) }
    })
    const alive = this.workers()
    let living = 0
    for (const [pid, answered] of this.client.answers) {
      if (!alive.includes(pid)) continue
      const counted = countOf(pid)
      this.#assertEqual(counted, answered, `requests of the live worker ${pid}`)
      living += counted
    }
    const settled = results.reduce((total, { counted }) => total + counted, this.#settledCount)
    this.#assertEqual(sum(page, everyRequest), settled + living, 'requests by route')
    this.#settledCount = settled
    this.#unsettled = []
    for (const { lost } of results) {
      this.lost += lost
      this.mostLost = Math.max(this.mostLost, lost)
    }
  }
}

async function workerIds(app: App): Promise<Map<number, string>> {
  const status = JSON.parse(await fetchText(app.metricsUrl.replace('/metrics', '/status')))
  const all: { pid: number; workerId: string }[] = [...status.deaths, ...status.workers]
  return new Map(all.map(({ pid, workerId }) => [pid, workerId]))
}
