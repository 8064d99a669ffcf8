import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { ClientRequest, IncomingMessage } from 'node:http'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { pushLimits } from '../limits/push.ts'
import { redacted } from '../log/redact.ts'
import { messageOf } from '../support/error-message.ts'
import { isRecord } from '../support/guards.ts'
import { late, withTimeLimit } from '../support/time-limit.ts'
import { partialSuccessOf } from './answers/answer-body.ts'
import { Export } from './answers/export.ts'
import { readAnswer, retryAfterMs } from './answers/http-answer.ts'
import type { Outcome } from './answers/outcome.ts'
import type { OtlpExporter } from './otlp-exporter.ts'

export interface ObservedExporterOptions {
  /** Makes an exporter of OTel. */
  readonly create: () => OtlpExporter
  /** Time for one export with all its attempts, milliseconds. */
  readonly timeoutMs: number
  /** Default: `pushLimits.exportGraceMs`. */
  readonly graceMs?: number
  /** Texts that must not be shown. */
  readonly secrets: readonly string[]
}

/**
 * Sends with OTel's exporter, and observes the answers, which OTel's exporter does not pass on.
 * Over HTTP, Node's diagnostics channels tell the answers. Over gRPC, OTel tells a partial success
 * only in a warning.
 */
export class ObservedExporter {
  readonly #options: ObservedExporterOptions
  readonly #current = new AsyncLocalStorage<Export>()
  readonly #underWay = new Set<Export>()
  #exporter: OtlpExporter
  /** Exports that OTel's exporter has not ended. The exporter takes 30 at once, and no more. */
  #unended = 0
  #endsAtRefusals = false

  constructor(options: ObservedExporterOptions) {
    this.#options = options
    this.#exporter = options.create()
    // The channels are of this thread alone.
    for (const [channel, listener] of this.#listeners) subscribe(channel, listener)
  }

  readonly #listeners: readonly (readonly [string, (message: unknown) => void])[] = [
    // Node.js 22 and later. The channel also tells requests whose connection does not open.
    ['http.client.request.created', (message) => this.#onRequest(message)],
    ['http.client.request.start', (message) => this.#onRequest(message)],
    ['http.client.response.finish', (message) => this.#onResponse(message)],
    ['http.client.request.error', (message) => this.#onError(message)],
  ]

  close(): void {
    for (const [channel, listener] of this.#listeners) unsubscribe(channel, listener)
  }

  async send(metrics: ResourceMetrics): Promise<Outcome> {
    const { timeoutMs, graceMs = pushLimits.exportGraceMs, secrets } = this.#options
    const current = new Export(secrets)
    this.#underWay.add(current)
    try {
      this.#current.run(current, () => this.#start(metrics, current))
      const outcome = await withTimeLimit(current.outcome, timeoutMs + graceMs)
      return outcome === late ? current.giveUp(timeoutMs) : outcome
    } finally {
      this.#underWay.delete(current)
    }
  }

  /**
   * From now on, a refused connection ends an export. Ends exports that wait after a refusal. OTel
   * can still make the next attempt, a second later, if the process lives for so long.
   */
  endAtRefusals(): void {
    this.#endsAtRefusals = true
    for (const each of this.#underWay) each.endAtRefusal()
  }

  /** @returns whether an outcome already tells what this warning of OTel's exporter tells. */
  takesWarning(parts: readonly unknown[]): boolean {
    const current = this.#current.getStore()
    if (!current) return false
    const index = parts.indexOf('Received Partial Success response:')
    if (index >= 0) current.partialSuccess = partialSuccessOf(parsed(parts[index + 1]))
    return index >= 0 || current.isAnsweredByHtml
  }

  #start(metrics: ResourceMetrics, current: Export): void {
    if (this.#unended >= pushLimits.unendedExports) {
      this.#exporter = this.#options.create()
      this.#unended = 0
    }
    const exporter = this.#exporter
    this.#unended += 1
    try {
      exporter.export(metrics, ({ code, error }) => {
        if (exporter === this.#exporter) this.#unended -= 1
        current.end(code === 0 ? undefined : (error ?? new Error('no reason given')))
      })
    } catch (error) {
      // OTel's serializer throws for a value that it does not know.
      this.#unended -= 1
      const reason = redacted(messageOf(error), this.#options.secrets)
      current.settle({ kind: 'refused', concerns: 'content', status: 'serialization', reason })
    }
  }

  #onRequest(message: unknown): void {
    const request = isRecord(message) ? message['request'] : undefined
    if (request instanceof ClientRequest) this.#current.getStore()?.onRequest(request)
  }

  #onResponse(message: unknown): void {
    const response = isRecord(message) ? message['response'] : undefined
    if (!(response instanceof IncomingMessage)) return
    const current = this.#current.getStore()
    if (!current) return
    const answer = readAnswer(response)
    current.onAnswer(answer)
    if (!retryAfterMs(answer, Date.now())) withoutRetryAfter(response)
  }

  #onError(message: unknown): void {
    const error = isRecord(message) ? message['error'] : undefined
    if (!(error instanceof Error)) return
    const current = this.#current.getStore()
    current?.onConnectionError(error)
    if (this.#endsAtRefusals) current?.endAtRefusal()
  }
}

/**
 * For a time of 0 and for a text without a time, OTel's exporter makes its attempts at once. Their
 * pauses and timeouts can be negative, and Node refuses these: the request then has no listener for
 * errors. Without the header, the exporter waits as usual.
 */
function withoutRetryAfter({ headers }: IncomingMessage): void {
  delete headers['retry-after']
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}
