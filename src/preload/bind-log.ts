import { doctorHint } from '../log/doctor-hint.ts'
import { log, logChange } from '../log/log.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import type { ErrorCode } from '../model/errors/error-table.ts'

/** Takes a line about the endpoint. */
export type EndpointLog = (
  ...line: [level: 'info', text: string] | [level: 'warning', text: CodedText]
) => void

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
  failed(reason: string, code: ErrorCode = 'GPE_LISTEN_FAILED'): void {
    const text = coded(code, `The metrics endpoint cannot listen, trying again: ${reason}`)
    const isNew = this.#state.kind !== 'failing' || this.#state.reason !== reason
    this.#state = { kind: 'failing', reason }
    if (!isNew) {
      log.debug(lowered(text))
      return
    }
    const hinted: CodedText = `${text}${this.#hint()}`
    if (this.#own) this.#own('warning', hinted)
    else logChange('bind', lowered(hinted))
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
function lowered<Text extends string>(text: Text): Text {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}` as Text
}
