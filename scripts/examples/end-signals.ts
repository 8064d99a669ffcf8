import { once } from 'node:events'

/** Ctrl-C, the end by another program, and a closed terminal. */
const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The signals that end the script. From the creation of the object on, these signals do not end the
 * process at once, because the process must clean up.
 */
export class EndSignals {
  /** Gets each signal while a command runs. */
  receiver: ((signal: NodeJS.Signals) => void) | undefined
  readonly #first = new AbortController()

  constructor() {
    for (const name of names) {
      process.on(name, () => {
        this.#first.abort()
        this.receiver?.(name)
      })
    }
  }

  /** Whether a signal has come. */
  get haveCome(): boolean {
    return this.#first.signal.aborted
  }

  /** Resolves when a signal has come. */
  async first(): Promise<void> {
    if (this.haveCome) return
    // Handlers of signals do not keep the process alive.
    const waiting = setInterval(() => undefined, 60_000)
    await once(this.#first.signal, 'abort')
    clearInterval(waiting)
  }
}
