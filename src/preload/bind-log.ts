import { doctorHint } from '../log/doctor-hint.ts'
import { log, logChange } from '../log/log.ts'
import { withCode } from '../model/errors/coded-error.ts'
import { coded } from '../model/errors/coded-text.ts'

/** Takes a line about the endpoint. */
export type EndpointLog = (level: 'info' | 'warning', text: string) => void

/**
 * Logs where the metrics endpoint listens, and why it cannot listen. A state is logged once, until
 * the state changes.
 */
export class BindLog {
  #state: State = { kind: 'unbound' }
  #own: EndpointLog | undefined
  readonly #hint: () => string

  /** @param hint the end of the first line about a failure. Default: `doctorHint`. */
  constructor(hint: () => string = doctorHint) {
    this.#hint = hint
  }

  /** Sends all lines to another log, and tells this log the present address. */
  use(own: EndpointLog | undefined): void {
    this.#own = own
    if (own && this.#state.kind === 'bound') own('info', boundText(this.#state.url))
  }

  bound(url: string): void {
    const wasFailing = this.#state.kind === 'failing'
    const isNew = this.#state.kind !== 'bound' || this.#state.url !== url
    this.#state = { kind: 'bound', url }
    if (this.#own) {
      if (isNew) this.#own('info', boundText(url))
    } else if (wasFailing) logChange('bind', coded('GPE_RECOVERED', lowered(boundText(url))))
    else log.info(lowered(boundText(url)))
  }

  /** Warns about the first of several equal failures in a row. The others go to the debug level. */
  failed(reason: string): void {
    const cause = withCode('GPE_LISTEN_FAILED', reason)
    const text = `The metrics endpoint cannot listen, trying again: ${cause}`
    const isNew = this.#state.kind !== 'failing' || this.#state.reason !== reason
    this.#state = { kind: 'failing', reason }
    if (!isNew) {
      log.debug(lowered(text))
      return
    }
    const hinted = `${text}${this.#hint()}`
    if (this.#own) this.#own('warning', hinted)
    else logChange('bind', withCode('GPE_LISTEN_FAILED', lowered(hinted)))
  }
}

type State =
  | { readonly kind: 'unbound' }
  | { readonly kind: 'bound'; readonly url: string }
  | { readonly kind: 'failing'; readonly reason: string }

function boundText(url: string): string {
  return `The metrics are at ${url}`
}

/** Lines of the preload start after the name of the package, in lower case. */
function lowered(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`
}
