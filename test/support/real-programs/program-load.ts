import { once } from 'node:events'
import { Agent, type ClientRequest, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../src/support/error-message.ts'
import { http2Load } from '../programs/http2-load.ts'
import type { SteadyLoad } from '../programs/steady-load.ts'
import type { ProgramRow } from './program-row.ts'

export interface ProgramLoad {
  readonly completed: () => number
  /**
   * From now on, a new connection may be refused. A request on a connection that has answered
   * before may not fail.
   */
  readonly expectEnd: () => void
  readonly stop: SteadyLoad['stop']
}

/** Where a program listens. */
export interface Target {
  readonly port: number
  /** A unix socket instead of the port. */
  readonly socketPath: string | undefined
}

/** Lanes with keep-alive. One more lane has none, and one sends slow requests. */
const keepAliveLanes = 4
/** Pause between two requests of a lane: the machine has other work too. */
const pauseMs = 2
/** A request without a response within this time is a failure. */
const patienceMs = 20_000
/** A port without a listener refuses connections immediately. */
const mostFailures = 50

/** Sends requests to a program until `stop()`. */
export function programLoad(target: Target, row: ProgramRow): ProgramLoad {
  const { port } = target
  if (row.protocol === 'h2c') return http2ProgramLoad(port)
  const { path = '/', slowPath, headers = {} } = row
  const load = new Load(target, headers)
  const lanes = Array.from({ length: keepAliveLanes }, () => load.lane(path, true))
  lanes.push(load.lane(path, false))
  if (slowPath !== undefined) lanes.push(load.lane(slowPath, true))
  if (row.socketPath !== undefined) lanes.push(load.sockets(row.socketPath))
  return {
    completed: () => load.completed,
    expectEnd: () => load.expectEnd(),
    async stop() {
      load.stop()
      await Promise.all(lanes)
      return { completed: load.completed, failures: load.failures }
    },
  }
}

function http2ProgramLoad(port: number): ProgramLoad {
  const load = http2Load(`http://127.0.0.1:${port}`, keepAliveLanes)
  let expectsEnd = false
  return {
    completed: load.completed,
    expectEnd() {
      expectsEnd = true
    },
    async stop() {
      const { completed, failures } = await load.stop()
      // A new session needs a new connection.
      const isAllowed = (text: string): boolean => expectsEnd && text.includes('ECONNREFUSED')
      return { completed, failures: failures.filter((text) => !isAllowed(text)) }
    },
  }
}

class Load {
  readonly #target: Target
  readonly #headers: Readonly<Record<string, string>>
  readonly failures: string[] = []
  #phase: 'on' | 'ending' | 'off' = 'on'
  completed = 0

  constructor(target: Target, headers: Readonly<Record<string, string>>) {
    this.#target = target
    this.#headers = headers
  }

  get #isOn(): boolean {
    return this.#phase !== 'off' && this.failures.length < mostFailures
  }

  expectEnd(): void {
    this.#phase = 'ending'
  }

  stop(): void {
    this.#phase = 'off'
  }

  async lane(path: string, keepAlive: boolean): Promise<void> {
    const agent = new Agent({ keepAlive, maxSockets: 1 })
    while (this.#isOn) {
      const message = this.#request(path, agent)
      const failure = await outcome(message)
      if (failure === undefined) this.completed += 1
      else if (this.#phase === 'on' || message.reusedSocket) this.failures.push(failure)
      await sleep(pauseMs)
    }
    agent.destroy()
  }

  /** Opens a WebSocket again and again, and waits until the server ends the WebSocket. */
  async sockets(path: string): Promise<void> {
    while (this.#isOn) {
      const socket = new WebSocket(`ws://127.0.0.1:${this.#target.port}${path}`)
      const ended = once(socket, 'close')
      // The event `close` follows.
      socket.onerror = () => {}
      while (this.#isOn && socket.readyState <= WebSocket.OPEN) await sleep(20)
      socket.close()
      await ended
    }
  }

  #request(path: string, agent: Agent): ClientRequest {
    const { port, socketPath } = this.#target
    const address = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath }
    const options = { ...address, path, agent, timeout: patienceMs }
    const message = request({ ...options, headers: this.#headers })
    message.once('timeout', () => message.destroy(new Error(`no answer in ${patienceMs} ms`)))
    message.end()
    return message
  }
}

/** @returns why the request failed; undefined for a success. */
async function outcome(message: ClientRequest): Promise<string | undefined> {
  try {
    const [response] = await once(message, 'response')
    response.resume()
    await once(response, 'end')
    return response.statusCode === 200 ? undefined : `${message.path}: ${response.statusCode}`
  } catch (error) {
    const connection = message.reusedSocket ? 'an open connection' : 'a new connection'
    return `${message.path} on ${connection}: ${messageOf(error)}`
  }
}
