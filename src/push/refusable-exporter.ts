import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import { isRecord } from '../support/guards.ts'
import type { OtlpExporter } from './otlp-exporter.ts'

/**
 * Errors of a connection that come at once, and that stay for longer than the end of a process.
 * Not EAI_AGAIN, ECONNRESET and timeouts: a next attempt can succeed.
 */
const refusals: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
])

/** One export of OTel's exporter, with all its attempts. */
interface Export {
  readonly abandon: (error: Error) => void
  /** The error of the last attempt, if a refusal. */
  refusal: Error | undefined
}

/**
 * An exporter that fails at once where the other side refuses connections. OTel's exporter tries
 * again for `OTEL_EXPORTER_OTLP_TIMEOUT`, 10 seconds. gRPC does not try again.
 */
export class RefusableExporter implements OtlpExporter {
  readonly #exporter: OtlpExporter
  readonly #current = new AsyncLocalStorage<Export>()
  readonly #underWay = new Set<Export>()
  #endsAtRefusals = false

  constructor(exporter: OtlpExporter) {
    this.#exporter = exporter
    // The channel is of this thread alone.
    subscribe('http.client.request.error', (message) => this.#onError(message))
  }

  readonly export: OtlpExporter['export'] = (metrics, done) => {
    const settle: typeof done = (result) => {
      if (this.#underWay.delete(current)) done(result)
    }
    const current: Export = {
      abandon: (error) => settle({ code: 1, error }),
      refusal: undefined,
    }
    this.#underWay.add(current)
    this.#current.run(current, () => this.#exporter.export(metrics, settle))
  }

  /**
   * From now on, a refused connection ends an export. Ends exports that wait after a refusal. OTel
   * can still make the next attempt, a second later, if the process lives for so long.
   */
  endAtRefusals(): void {
    this.#endsAtRefusals = true
    for (const { refusal, abandon } of this.#underWay) if (refusal) abandon(refusal)
  }

  #onError(message: unknown): void {
    const current = this.#current.getStore()
    const error = isRecord(message) ? message['error'] : undefined
    if (!current || !(error instanceof Error)) return
    const isRefusal = 'code' in error && refusals.has(error.code)
    current.refusal = isRefusal ? error : undefined
    if (isRefusal && this.#endsAtRefusals) current.abandon(error)
  }
}
