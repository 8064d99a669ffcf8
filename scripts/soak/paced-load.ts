import { Agent, request } from 'node:http'

const paths = ['/', '/users/1', '/users/2/orders/3', '/fail', '/search?text=a']
const connections = 8

/** Requests at a fixed rate over keep-alive connections, until the end. */
export class PacedLoad {
  /** Requests with a whole response. */
  answered = 0
  /** Requests without a whole response, for example because the worker was killed. */
  failed = 0
  /** Why requests failed, and how often. */
  readonly errors: Map<string, number> = new Map()
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connections })
  readonly #timer: NodeJS.Timeout
  #sent = 0
  #underWay = 0

  constructor(port: number, requestsPerSecond: number) {
    this.#port = port
    const began = performance.now()
    this.#timer = setInterval(() => {
      const due = ((performance.now() - began) / 1_000) * requestsPerSecond
      // A stalled server gets no flood afterwards.
      for (; this.#sent < due; this.#sent += 1) if (this.#underWay < 100) this.#send()
    }, 20)
  }

  /** Resolves when each request has ended. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    this.#agent.destroy()
  }

  #send(): void {
    this.#underWay += 1
    const path = paths[this.#sent % paths.length] ?? '/'
    const [agent, port] = [this.#agent, this.#port]
    const message = request({ host: '127.0.0.1', port, path, agent, timeout: 30_000 })
    let isAnswered = false
    message.on('response', (response) => {
      response.resume().on('end', () => {
        isAnswered = true
      })
    })
    message.on('timeout', () => message.destroy(new Error('no answer in 30 seconds')))
    let reason = 'closed'
    message.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message
    })
    message.on('close', () => {
      this.#underWay -= 1
      if (isAnswered) this.answered += 1
      else {
        this.failed += 1
        this.errors.set(reason, (this.errors.get(reason) ?? 0) + 1)
      }
    })
    message.end()
  }
}
