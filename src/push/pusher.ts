import { clearTimeout, setTimeout } from 'node:timers'
import type { ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { exporterLimits } from '../limits/exporter.ts'
import { pushLimits } from '../limits/push.ts'
import { redacted } from '../log/redact.ts'
import type { Deltas } from '../otel/deltas.ts'
import { backoffMs } from '../support/backoff.ts'
import { messageOf } from '../support/error-message.ts'
import { late, withTimeLimit } from '../support/time-limit.ts'
import type { OtlpExporter } from './otlp-exporter.ts'
import { batchesOf } from './push-batches.ts'

export interface PusherLimits {
  readonly lastPushMs: number
  readonly lastPushGraceMs: number
  readonly pushPoints: number
  readonly pushRetryFirstMs: number
  readonly pushRetryLastMs: number
  readonly pushTimeoutMs: number
}

export interface PusherOptions {
  readonly intervalMs: number
  /** Default: `pushLimits` and `exporterLimits`. */
  readonly limits?: PusherLimits
  readonly exporter: OtlpExporter
  readonly resource: ResourceMetrics['resource']
  /** All current metrics, cumulative; may throw. */
  readonly collect: () => readonly ScopeMetrics[]
  /** Undefined for cumulative temporality. */
  readonly deltas: Deltas | undefined
  /** Called after every push. @param error message of a failed push. */
  readonly onPush: (seconds: number, error: string | undefined) => void
}

type State = 'resting' | 'pushing' | 'ended'

/**
 * Pushes all metrics, one push at a time. A failed push keeps no data: the next totals include the
 * same counts, and deltas grow until the receiver accepts them.
 */
export class Pusher {
  readonly #options: PusherOptions
  readonly #limits: PusherLimits
  #state: State = 'resting'
  #timer: NodeJS.Timeout | undefined
  #current: Promise<void> = Promise.resolve()
  /** Failures since the last success. */
  #failures = 0

  constructor(options: PusherOptions) {
    this.#options = options
    this.#limits = options.limits ?? { ...pushLimits, ...exporterLimits }
    this.#rest(options.intervalMs)
  }

  /**
   * Pushes a last time. A push under way gets some time to end first, so that the last push does
   * not arrive before. A refused connection is not tried again.
   * @returns why the push failed; undefined after a success.
   */
  async last(): Promise<string | undefined> {
    this.#state = 'ended'
    clearTimeout(this.#timer)
    const { deltas, exporter } = this.#options
    exporter.endAtRefusals?.()
    // Two deltas with the same start would count twice.
    await withTimeLimit(
      this.#current,
      deltas ? this.#limits.lastPushMs : this.#limits.lastPushGraceMs,
    )
    const error = await this.#push()
    return error === undefined ? undefined : reasonOf(error)
  }

  #rest(ms: number): void {
    this.#state = 'resting'
    this.#timer = setTimeout(() => {
      this.#state = 'pushing'
      this.#current = this.#turn()
    }, ms)
  }

  async #turn(): Promise<void> {
    const began = performance.now()
    const error = await this.#push()
    if (this.#state === 'ended') return
    this.#failures = error === undefined ? 0 : this.#failures + 1
    const elapsed = performance.now() - began
    this.#rest(error === undefined ? this.#untilNext(elapsed) : this.#untilRetry(error))
  }

  #untilNext(elapsedMs: number): number {
    return Math.max(0, this.#options.intervalMs - elapsedMs)
  }

  /** A receiver refuses the same request again: no early retry after a refusal. */
  #untilRetry(error: unknown): number {
    const { intervalMs } = this.#options
    if (isRefusal(error)) return intervalMs
    return backoffMs(this.#failures, {
      firstMs: this.#limits.pushRetryFirstMs,
      lastMs: Math.min(intervalMs, this.#limits.pushRetryLastMs),
      // When a Collector returns, its primaries push at different times.
      jitter: { from: 0.75, to: 1.25 },
    })
  }

  /** @returns the error; undefined after a success. */
  async #push(): Promise<unknown> {
    const began = performance.now()
    let failure: unknown
    try {
      await this.#pushAll()
    } catch (error) {
      failure = error ?? new Error('no reason given')
    }
    const text = failure === undefined ? undefined : reasonOf(failure)
    this.#options.onPush((performance.now() - began) / 1_000, text)
    return failure
  }

  /** @throws the first failure. Further requests are not sent. */
  async #pushAll(): Promise<void> {
    const { deltas, collect } = this.#options
    const scopes = collect()
    deltas?.retain(scopes)
    for (const batch of batchesOf(scopes, this.#limits.pushPoints)) {
      const { scopes: part, commit } = deltas?.convert(batch) ?? { scopes: batch, commit() {} }
      if (part.length > 0) await this.#send(part)
      commit()
    }
  }

  async #send(scopes: readonly ScopeMetrics[]): Promise<void> {
    const { exporter, resource } = this.#options
    const sent = new Promise<void>((resolve, reject) => {
      exporter.export({ resource, scopeMetrics: [...scopes] }, ({ code, error }) => {
        if (code === 0) resolve()
        else reject(error ?? new Error('the exporter gives no reason'))
      })
    })
    const outcome = await withTimeLimit(sent, this.#limits.pushTimeoutMs)
    if (outcome === late) throw new Error('the exporter did not finish in time')
  }
}

/** Whether the receiver refused with an HTTP status. Codes of gRPC are below 400. */
function isRefusal(error: unknown): boolean {
  return httpStatusOf(error) !== undefined
}

function httpStatusOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'number' && code >= 400 ? code : undefined
}

function reasonOf(error: unknown): string {
  return redacted(`${httpStatusOf(error) ?? ''} ${messageOf(error)}`)
}
