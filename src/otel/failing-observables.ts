import { logLimits } from '../limits/log.ts'
import { thrownText } from '../model/death.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { ObservableError } from './guarded-observables.ts'

export interface FailingObservablesOptions {
  /** Class and message of a thrown value. */
  readonly describe: (error: unknown) => { readonly name: string; readonly message: string | null }
  readonly warn: (text: CodedText) => void
}

/**
 * Warns of observable callbacks that fail: once for each metric, because a callback that fails once
 * fails in each collection. Without the name of the metric, once for each error.
 */
export class FailingObservables {
  readonly #options: FailingObservablesOptions
  /** Metrics and errors that were told; at most `logLimits.warnings`. */
  readonly #told = new Set<string>()

  constructor(options: FailingObservablesOptions) {
    this.#options = options
  }

  /** @param error from `OtelReadingOptions.onFailed`. */
  tell(error: unknown): void {
    const metrics = error instanceof ObservableError ? error.metrics : undefined
    if (metrics !== undefined && this.#told.has(metrics)) return
    const thrown = this.#options.describe(metrics === undefined ? error : causeOf(error))
    const description = thrownText(thrown)
    const key = metrics ?? description
    if (this.#told.has(key) || this.#told.size >= logLimits.warnings) return
    this.#told.add(key)
    const text = `${callbackOf(metrics)} failed, and its values are left out: ${description}`
    this.#options.warn(coded('GPE_CALLBACK_FAILED', text))
  }
}

/** @param metrics the names of the metrics of a callback; undefined if unknown. */
export function callbackOf(metrics: string | undefined): string {
  return metrics === undefined ? 'an observable callback' : `the observable callback of ${metrics}`
}

function causeOf(error: unknown): unknown {
  return error instanceof ObservableError ? error.cause : error
}
