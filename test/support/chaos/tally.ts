import type { Failure } from './failure.ts'

/** What is known of a request while the request runs. */
export interface Attempt {
  pid?: number
  localPort?: number
}

/** Counts the requests of all clients. */
export class Tally {
  readonly failures: Failure[] = []
  readonly #completed = new Map<string, number>()
  #isOn = true

  get isOn(): boolean {
    return this.#isOn && this.failures.length < mostFailures
  }

  stop(): void {
    this.#isOn = false
  }

  completed(): ReadonlyMap<string, number> {
    return this.#completed
  }

  /** Runs a request, and notes its success or its failure. @returns whether it succeeded. */
  async count(client: string, send: (attempt: Attempt) => Promise<unknown>): Promise<boolean> {
    const attempt: Attempt = {}
    const startedAt = performance.now()
    try {
      await send(attempt)
      this.#completed.set(client, (this.#completed.get(client) ?? 0) + 1)
      return true
    } catch (error) {
      if (!this.#isOn) return false
      // Node.js leaves the reason out of some messages.
      const { message = String(error), code = '' } = error as NodeJS.ErrnoException
      const { pid, localPort } = attempt
      const known = { client, pid, localPort, startedAt, failedAt: performance.now() }
      this.failures.push({ ...known, error: `${code} ${message}`.trim() })
      return false
    }
  }
}

/** A port without a listener refuses connections immediately. */
const mostFailures = 20_000
