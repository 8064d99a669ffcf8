import { log, logChange } from '../log/log.ts'

/** Logs where the metrics endpoint listens, and why it cannot listen. */
export class BindLog {
  #lastFailure: string | undefined

  bound(url: string): void {
    this.#lastFailure = undefined
    log.info(`the metrics are at ${url}`)
  }

  /** Warns about the first of several equal failures in a row. The others go to the debug level. */
  failed(reason: string): void {
    const text = `the metrics endpoint cannot listen, trying again: ${reason}`
    if (reason === this.#lastFailure) log.debug(text)
    else logChange('bind', text)
    this.#lastFailure = reason
  }
}
