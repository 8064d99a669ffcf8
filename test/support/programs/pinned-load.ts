import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { messageOf } from '../../../src/support/error-message.ts'
import { eventually } from './app.ts'

export interface PinnedLoadOptions {
  readonly port: number
  /** Requested in turn. Each response has the worker's pid in the header `x-pid`. */
  readonly paths: readonly string[]
  readonly connections: number
}

/**
 * Load that knows the worker of each connection. One worker can rest while the others stay under
 * load. A test that kills the resting worker knows the exact number of its requests.
 */
export class PinnedLoad {
  /** Completed requests by path. */
  readonly completed: Map<string, number> = new Map()
  readonly failures: string[] = []
  readonly #options: PinnedLoadOptions
  readonly #byPid = new Map<number, number>()
  readonly #lanes: readonly Promise<void>[]
  #isOn = true
  #turn = 0
  #rest: Rest | undefined

  constructor(options: PinnedLoadOptions) {
    this.#options = options
    this.#lanes = Array.from({ length: options.connections }, (_, lane) => this.#run(lane))
  }

  get total(): number {
    return [...this.completed.values()].reduce((total, count) => total + count, 0)
  }

  /** Acts while this worker has no request and will get none. */
  async whileResting(pid: number, act: (requests: number) => Promise<void>): Promise<void> {
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const rest: Rest = { pid, known: new Set(), ended }
    this.#rest = rest
    try {
      // Each lane has had a response, and so knows its worker.
      const { connections } = this.#options
      await eventually(() => assert.equal(rest.known.size, connections, this.failures[0]))
      await act(this.#byPid.get(pid) ?? 0)
    } finally {
      this.#rest = undefined
      end()
    }
  }

  /** Resolves after every open request is complete. */
  async stop(): Promise<void> {
    this.#isOn = false
    await Promise.all(this.#lanes)
  }

  async #run(lane: number): Promise<void> {
    while (this.#isOn && this.failures.length < mostFailures) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      await this.#useConnection(lane, agent)
      agent.destroy()
    }
  }

  /** A new connection could go to the resting worker: then the old connection stays. */
  async #useConnection(lane: number, agent: Agent): Promise<void> {
    for (let count = 0; this.#isOn && (count < perConnection || this.#rest); count += 1) {
      const pid = await this.#ask(agent)
      if (pid === undefined) return
      const rest = this.#rest
      rest?.known.add(lane)
      if (rest?.pid === pid) return await rest.ended
    }
  }

  async #ask(agent: Agent): Promise<number | undefined> {
    const { port, paths } = this.#options
    this.#turn += 1
    const path = paths[this.#turn % paths.length] ?? '/'
    try {
      const message = request({ host: '127.0.0.1', port, path, agent, timeout: patienceMs })
      message.once('timeout', () => message.destroy(new Error(`no answer in ${patienceMs} ms`)))
      message.end()
      const [response] = await once(message, 'response')
      response.resume()
      await once(response, 'end')
      this.completed.set(path, (this.completed.get(path) ?? 0) + 1)
      const pid = Number(response.headers['x-pid'])
      this.#byPid.set(pid, (this.#byPid.get(pid) ?? 0) + 1)
      return pid
    } catch (error) {
      this.failures.push(messageOf(error))
      return undefined
    }
  }
}

interface Rest {
  readonly pid: number
  /** Lanes with a response since the start of the rest. */
  readonly known: Set<number>
  readonly ended: Promise<void>
}

/** Connections stay with their worker: without new connections, young workers get no requests. */
const perConnection = 50
/** Failures that end the load. */
const mostFailures = 100
/** A request without a response within this time is a failure. */
const patienceMs = 20_000
