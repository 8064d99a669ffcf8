import { clearTimeout, setTimeout } from 'node:timers'
import { exporterLimits } from '../../limits/exporter.ts'
import { shareLimits } from '../../limits/share.ts'
import { redacted } from '../../log/redact.ts'
import { backoffMs } from '../../support/backoff.ts'
import { messageOf } from '../../support/error-message.ts'
import { withTimeLimit } from '../../support/time-limit.ts'
import { type Client, openClient, type Reply } from './client.ts'
import type { CommandStep, RoundTripParticipant } from './command-step.ts'
import type { ConnectionSettings } from './redis-settings.ts'

export interface RedisRoundTripOptions {
  readonly connection: ConnectionSettings
  readonly intervalMs: number
  readonly parts: readonly RoundTripParticipant[]
  /** Called after every round. @param error what a failed one said, without passwords. */
  readonly onRound: (seconds: number, error: string | undefined) => void
  readonly onConnected: (isConnected: boolean) => void
}

type State = 'resting' | 'busy' | 'ended'

/** Everything that is said to Redis: one round trip per interval, one at a time. What failed is not kept, the next tells more. */
export class RedisRoundTrip {
  readonly #options: RedisRoundTripOptions
  #state: State = 'resting'
  #timer: NodeJS.Timeout | undefined
  #underWay: Promise<void> = Promise.resolve()
  #client: Client | undefined
  /** Since the last success. */
  #failures = 0
  /** What the last round cost here, waiting for Redis apart. */
  #workMs = 0

  constructor(options: RedisRoundTripOptions) {
    this.#options = options
    this.#rest(0)
  }

  /** One last round, if Redis is there, within exporterLimits.lastPushMs; never rejects. */
  async last(): Promise<void> {
    const isBusy = this.#state === 'busy'
    this.#state = 'ended'
    clearTimeout(this.#timer)
    if (isBusy) await withTimeLimit(this.#underWay, exporterLimits.lastPushGraceMs)
    if (this.#client?.isOpen()) await withTimeLimit(this.#attempt(), exporterLimits.lastPushMs)
    this.#drop()
  }

  #rest(ms: number): void {
    this.#state = 'resting'
    this.#timer = setTimeout(() => {
      this.#state = 'busy'
      this.#underWay = this.#turn()
    }, ms)
  }

  async #turn(): Promise<void> {
    const began = performance.now()
    const error = await this.#attempt()
    if (this.#state !== 'busy') return
    this.#failures = error === undefined ? 0 : this.#failures + 1
    this.#rest(
      error === undefined ? this.#untilNext(performance.now() - began) : this.#untilRetry(),
    )
  }

  /** At least as long as our own work took: whoever has very much to say says it less often. */
  #untilNext(elapsedMs: number): number {
    const { intervalMs, parts } = this.#options
    const hurries = parts.flatMap((part) => part.hurryMs?.() ?? [])
    return Math.min(...hurries, Math.max(intervalMs - elapsedMs, this.#workMs))
  }

  #untilRetry(): number {
    return backoffMs(this.#failures, {
      firstMs: shareLimits.redisRetryFirstMs,
      lastMs: Math.min(this.#options.intervalMs, shareLimits.redisRetryLastMs),
      // When a Redis returns, its primaries connect at different times.
      jitter: { from: 0.5, to: 1 },
    })
  }

  /** @returns what went wrong; undefined where nothing did. */
  async #attempt(): Promise<string | undefined> {
    const began = performance.now()
    let error: string | undefined
    try {
      error = await this.#round()
    } catch (failure) {
      this.#drop()
      error = redacted(messageOf(failure))
    }
    this.#options.onRound((performance.now() - began) / 1_000, error)
    return error
  }

  /** @returns the first error of a part or an answer. Rejects where there are no answers. */
  async #round(): Promise<string | undefined> {
    const client = await this.#connected()
    const { parts } = this.#options
    const faults: string[] = []
    for (const part of parts) await attempt(faults, () => part.prepare?.(client.send))
    const began = performance.now()
    const steps: CommandStep[] = []
    // Whoever has too much to say does not keep the others from reading.
    for (const part of parts) await attempt(faults, () => void steps.push(...part.steps()))
    const sent = performance.now()
    const replies = await client.send(steps.map(({ command }) => command))
    const answered = performance.now()
    const errors = take(steps, replies)
    for (const part of parts) part.settle?.()
    this.#workMs = sent - began + performance.now() - answered
    if (errors.some(isOfConnection)) this.#drop()
    return faults[0] ?? errors[0]
  }

  async #connected(): Promise<Client> {
    if (this.#client?.isOpen()) return this.#client
    this.#drop()
    const client = await openClient(this.#options.connection)
    this.#client = client
    this.#options.onConnected(true)
    return client
  }

  #drop(): void {
    this.#client?.close()
    this.#client = undefined
    this.#options.onConnected(false)
  }
}

async function attempt(faults: string[], act: () => unknown): Promise<void> {
  try {
    await act()
  } catch (error) {
    faults.push(redacted(messageOf(error)))
  }
}

function take(steps: readonly CommandStep[], replies: readonly Reply[]): string[] {
  const errors: string[] = []
  for (const [index, reply] of replies.entries()) {
    if ('error' in reply) errors.push(reply.error.message)
    else steps[index]?.take?.(reply.value)
  }
  return errors
}

/** What a full Redis, or one that does not allow a command, says is said again on any other connection. */
function isOfConnection(error: string): boolean {
  return !/^(?:OOM|NOPERM|MISCONF|WRONGTYPE|NOREPLICAS)\b/.test(error)
}
