import { isatty } from 'node:tty'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import type { MasterReason } from '../../model/signal.ts'
import type { WorkerCause } from '../../model/worker-cause.ts'

export interface EndOfRunOptions {
  readonly log: Pick<GunicornLog, 'write'>
  readonly lastScrapeSeconds: number
  /** Calls back when a client has got the page, or at once if nobody scrapes. */
  readonly awaitScrape: (done: () => void) => void
  readonly exit: (code: number) => void
  /** Whether a person at a terminal started the master. Default: looks at stdin. */
  readonly isOnTerminal?: () => boolean
}

/** Time for the exporter thread to log the last ends of workers, milliseconds. */
const lingerMs = 150

/**
 * The end of the process after the last worker. INT and QUIT end the workers at once, and no scrape
 * would see the last counts and the signal itself. So the page waits for one more scrape.
 */
export class EndOfRun {
  readonly #options: EndOfRunOptions
  #state: 'running' | 'lingering' | 'waiting' | 'ended' = 'running'
  #exitCode = 0
  /** Signals that asked for the end. */
  #signals = 0

  constructor(options: EndOfRunOptions) {
    this.#options = options
  }

  /** @param cause why the master ends. */
  begin(exitCode: number, cause: WorkerCause): void {
    this.#exitCode = exitCode
    this.#state = 'lingering'
    const waits = exitCode === 0 && this.#waitsAfter(cause)
    const next = (): void => (waits && this.#signals < 2 ? this.#wait() : this.#end())
    setTimeout(next, lingerMs)
  }

  /** A second signal ends the wait, also where the wait has not started yet. */
  signalled(reason: MasterReason): void {
    if (reason !== 'int' && reason !== 'term' && reason !== 'quit') return
    this.#signals += 1
    if (this.#state === 'waiting') this.#end()
  }

  /** A listener for signals that calls `act` first. */
  after(act: (reason: MasterReason) => void): (reason: MasterReason) => void {
    return (reason) => {
      act(reason)
      this.signalled(reason)
    }
  }

  #waitsAfter(cause: WorkerCause): boolean {
    const { lastScrapeSeconds, isOnTerminal = () => isatty(0) } = this.#options
    if (lastScrapeSeconds === 0) return false
    // A person who presses Ctrl-C does not wait.
    return cause === 'quit' || (cause === 'int' && !isOnTerminal())
  }

  #wait(): void {
    const { log, lastScrapeSeconds, awaitScrape } = this.#options
    this.#state = 'waiting'
    log.write('debug', `Waiting for a last scrape, up to ${lastScrapeSeconds} s`)
    const timer = setTimeout(() => this.#end(), 1_000 * lastScrapeSeconds)
    awaitScrape(() => {
      clearTimeout(timer)
      this.#end()
    })
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#options.log.write('info', 'Shutting down: Master')
    this.#options.exit(this.#exitCode)
  }
}
