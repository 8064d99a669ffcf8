import { clearTimeout, setTimeout } from 'node:timers'
import type { ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { exporterLimits } from '../limits/exporter.ts'
import { pushLimits } from '../limits/push.ts'
import { redacted } from '../log/redact.ts'
import type { Deltas } from '../otel/deltas.ts'
import { backoffMs } from '../support/backoff.ts'
import { messageOf } from '../support/error-message.ts'
import { withTimeLimit } from '../support/time-limit.ts'
import type { PartialSuccess } from './answers/answer-body.ts'
import { type Outcome, unavailable } from './answers/outcome.ts'
import type { ObservedExporter } from './observed-exporter.ts'
import { type PushFailure, type PushResult, PushRound } from './push-round.ts'
import { RefusedMetrics, type RefusedMetricsLimits, type ShownRefusal } from './refused-metrics.ts'
import { RequestSize, type RequestSizeLimits } from './request-size.ts'

export interface PusherLimits extends RequestSizeLimits, RefusedMetricsLimits {
  readonly lastPushMs: number
  readonly lastPushGraceMs: number
  readonly pushRequests: number
  readonly pushRetryFirstMs: number
  readonly pushRetryLastMs: number
  readonly retryAfterMs: number
  readonly searchMs: number
  readonly searchRequests: number
}

/** What a push did. */
export interface PushReport {
  readonly seconds: number
  /** Message of a failed push; undefined after a success. */
  readonly error: string | undefined
  /** Data points that did not arrive because of a refusal, by status. */
  readonly refusedPoints: ReadonlyMap<string, number>
  /** Points that the receiver left out of accepted requests. */
  readonly partialSuccess: PartialSuccess | undefined
  /** The metrics that the receiver refuses. */
  readonly refusedMetrics: readonly ShownRefusal[]
  /** Limit of the data points of a request. */
  readonly requestPoints: number
}

export interface PusherOptions {
  readonly intervalMs: number
  /** After this time, a push begins no further request, milliseconds; undefined = no limit. */
  readonly timeoutMs?: number | undefined
  /** Default: `pushLimits` and `exporterLimits`. */
  readonly limits?: PusherLimits
  readonly exporter: Pick<ObservedExporter, 'send' | 'endAtRefusals'>
  readonly resource: ResourceMetrics['resource']
  /** All current metrics, cumulative; may throw. */
  readonly collect: () => readonly ScopeMetrics[]
  /** Undefined for cumulative temporality. */
  readonly deltas: Deltas | undefined
  /** Called after every push. */
  readonly onPush: (report: PushReport) => void
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
  readonly #size: RequestSize
  readonly #refused: RefusedMetrics
  /** Failures since the last success. */
  #failures = 0
  /** Requests of incomplete pushes since the last complete push. */
  #offset = 0

  constructor(options: PusherOptions) {
    this.#options = options
    this.#limits = options.limits ?? { ...pushLimits, ...exporterLimits }
    this.#size = new RequestSize(this.#limits)
    this.#refused = new RefusedMetrics(this.#limits)
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
    exporter.endAtRefusals()
    // Two deltas with the same start would count twice.
    await withTimeLimit(
      this.#current,
      deltas ? this.#limits.lastPushMs : this.#limits.lastPushGraceMs,
    )
    const failure = await this.#push()
    return failure?.reason
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
    const failure = await this.#push()
    if (this.#state === 'ended') return
    this.#failures = failure ? this.#failures + 1 : 0
    const elapsed = performance.now() - began
    this.#rest(failure ? this.#untilRetry(failure) : this.#untilNext(elapsed))
  }

  #untilNext(elapsedMs: number): number {
    return Math.max(0, this.#options.intervalMs - elapsedMs)
  }

  /** A receiver refuses the same request again: no early retry after a refusal. */
  #untilRetry(failure: PushFailure): number {
    const { intervalMs } = this.#options
    if (failure.kind === 'refused') return intervalMs
    const { pushRetryFirstMs: firstMs, pushRetryLastMs, retryAfterMs } = this.#limits
    // When a Collector returns, its primaries push at different times.
    const jitter = { from: 0.75, to: 1.25 }
    const lastMs = Math.min(intervalMs, pushRetryLastMs)
    const pauseMs = backoffMs(this.#failures, { firstMs, lastMs, jitter })
    return Math.max(pauseMs, Math.min(failure.retryAfterMs ?? 0, retryAfterMs))
  }

  async #push(): Promise<PushFailure | undefined> {
    const began = performance.now()
    const { failure, refusedPoints, partialSuccess } = await this.#pushAll()
    this.#options.onPush({
      seconds: (performance.now() - began) / 1_000,
      error: failure?.reason,
      refusedPoints,
      partialSuccess,
      refusedMetrics: this.#refused.shown(),
      requestPoints: this.#size.points,
    })
    return failure
  }

  async #pushAll(): Promise<Omit<PushResult, 'tried'>> {
    const { deltas, collect } = this.#options
    try {
      const scopes = collect()
      deltas?.retain(scopes)
      const round = new PushRound({
        limits: this.#limits,
        send: (part) => this.#send(part),
        deltas,
        size: this.#size,
        refused: this.#refused,
        timeoutMs: this.#options.timeoutMs,
      })
      const result = await round.run(scopes, this.#offset)
      this.#offset = result.tried === 0 ? 0 : this.#offset + result.tried
      return result
    } catch (error) {
      const failure = unavailable(redacted(messageOf(error)))
      return { failure, refusedPoints: new Map(), partialSuccess: undefined }
    }
  }

  async #send(scopes: readonly ScopeMetrics[]): Promise<Outcome> {
    const { exporter, resource } = this.#options
    return await exporter.send({ resource, scopeMetrics: [...scopes] })
  }
}
