import { request } from 'node:http'

const maxOpenRequests = 64
const timeoutMs = 30_000
const lastAnswersMs = 2_000

/** Sends requests to the targets in turn, and counts the answers. */
export class Client {
  counts = { sent: 0, skipped: 0, failed: 0, faults: 0, statuses: {} }
  #open = new Set()
  #targets
  #turn = 0

  constructor({ targets }) {
    this.#targets = targets
  }

  send({ method, path, body, isFault = false }) {
    if (this.#open.size >= maxOpenRequests) {
      this.counts.skipped += 1
      return
    }
    const target = this.#targets[this.#turn % this.#targets.length]
    this.#turn += 1
    this.counts[isFault ? 'faults' : 'sent'] += 1
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = text === undefined ? {} : { 'content-type': 'application/json' }
    // One connection for each request: a cluster spreads them, and a worker can end.
    const options = { method, agent: false, headers, timeout: timeoutMs }
    const outgoing = request(new URL(path, target), options)
    this.#open.add(outgoing)
    this.#count(outgoing, isFault)
    outgoing.end(text)
  }

  /** Waits a little for the last answers. */
  async close() {
    const end = performance.now() + lastAnswersMs
    while (this.#open.size > 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    for (const outgoing of this.#open) outgoing.destroy()
  }

  #count(outgoing, isFault) {
    const { statuses } = this.counts
    outgoing.on('response', (response) => {
      const { statusCode } = response
      if (!isFault) statuses[statusCode] = (statuses[statusCode] ?? 0) + 1
      response.on('error', () => {})
      response.resume()
    })
    outgoing.on('timeout', () => outgoing.destroy())
    outgoing.on('error', () => {
      // A fault often ends the connection. That is no failure of the load.
      if (!isFault) this.counts.failed += 1
    })
    outgoing.on('close', () => this.#open.delete(outgoing))
  }
}
