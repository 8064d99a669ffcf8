import { exporterLimits } from '../../limits/exporter.ts'
import { redacted } from '../../log/redact.ts'
import { codeOf } from '../../model/errors/coded-error.ts'
import type { ErrorCode } from '../../model/errors/error-table.ts'
import { type Clock, keepAliveClock } from '../../support/clock.ts'
import { messageOf } from '../../support/error-message.ts'
import type { Stop } from '../../support/stop.ts'
import { late, withTimeLimit } from '../../support/time-limit.ts'
import type { Client, Reply } from './client.ts'
import type { CommandStep, RoundTripParticipant } from './command-step.ts'
import { clientOpener } from './open-client.ts'
import type { ConnectionSettings } from './redis-settings.ts'
import { pauseAfterFailure, pauseAfterSuccess } from './round-trip-pause.ts'

export interface RedisRoundTripOptions {
  readonly connection: ConnectionSettings
  readonly intervalMs: number
  readonly participants: readonly RoundTripParticipant[]
  /**
   * Called after every round trip.
   * @param error text of a failure, without passwords.
   * @param code of the cause, where the failure has a code.
   */
  readonly onRoundTrip: (
    seconds: number,
    error: string | undefined,
    code: ErrorCode | undefined,
  ) => void
  /** Called with true when Redis answers, and with false when there is no connection. */
  readonly onConnected: (isConnected: boolean) => void
  /** Default: a connection of ioredis. */
  readonly open?: (connection: ConnectionSettings) => Promise<Client>
  /** Default: exporterLimits.lastPushGraceMs and exporterLimits.lastPushMs. */
  readonly lastLimits?: { readonly underWayMs: number; readonly ownMs: number }
  /** Default: the clock of Node, with timers that keep the process alive. */
  readonly clock?: Pick<Clock, 'now' | 'after'>
}

type State = 'resting' | 'busy' | 'ended'

/**
 * Sends the commands of all participants to Redis, in one round trip per interval. A failed round
 * trip is not repeated: the next round trip sends a newer state.
 */
export class RedisRoundTrip {
  readonly #options: RedisRoundTripOptions
  readonly #clock: Pick<Clock, 'now' | 'after'>
  readonly #open: (connection: ConnectionSettings) => Promise<Client>
  #state: State = 'resting'
  #cancelNext: Stop = () => {}
  #underWay: Promise<void> = Promise.resolve()
  #client: Client | undefined
  /** Failures since the last success. */
  #failures = 0
  /** Duration of the last round trip in this thread, without the wait for Redis. */
  #workMs = 0

  constructor(options: RedisRoundTripOptions) {
    this.#options = options
    this.#clock = options.clock ?? keepAliveClock
    this.#open = options.open ?? clientOpener()
    this.#rest(0)
  }

  /**
   * One final round trip, if connected, within exporterLimits.lastPushMs; never rejects.
   * @returns why the round trip failed; undefined after a success.
   */
  async last(): Promise<string | undefined> {
    const { lastLimits } = this.#options
    const { underWayMs, ownMs } = lastLimits ?? {
      underWayMs: exporterLimits.lastPushGraceMs,
      ownMs: exporterLimits.lastPushMs,
    }
    const isBusy = this.#state === 'busy'
    this.#state = 'ended'
    this.#cancelNext()
    if (isBusy) await withTimeLimit(this.#underWay, underWayMs)
    const isConnected = this.#client?.isOpen() === true
    const error = isConnected ? await withTimeLimit(this.#attempt(), ownMs) : 'no connection'
    this.#drop()
    return error === late ? `no answer in ${ownMs} ms` : error
  }

  /** Whether Redis is connected, and the last round trip succeeded. */
  get isHealthy(): boolean {
    return this.#failures === 0 && this.#client?.isOpen() === true
  }

  /** Begins the next round trip now, unless a round trip is under way. */
  hurry(): void {
    if (this.#state !== 'resting') return
    this.#cancelNext()
    this.#rest(0)
  }

  #rest(ms: number): void {
    this.#state = 'resting'
    this.#cancelNext = this.#clock.after(ms, () => {
      this.#state = 'busy'
      this.#underWay = this.#attemptAndRest()
    })
  }

  async #attemptAndRest(): Promise<void> {
    const began = this.#clock.now()
    const error = await this.#attempt()
    if (this.#state !== 'busy') return
    this.#failures = error === undefined ? 0 : this.#failures + 1
    this.#rest(this.#pause(this.#clock.now() - began))
  }

  #pause(elapsedMs: number): number {
    const { intervalMs, participants } = this.#options
    const failures = this.#failures
    if (failures > 0) return pauseAfterFailure(failures, intervalMs)
    const hurriesMs = participants.flatMap((each) => each.hurryMs?.() ?? [])
    return pauseAfterSuccess({ intervalMs, elapsedMs, workMs: this.#workMs, hurriesMs })
  }

  /** @returns the error's text; undefined after a success. */
  async #attempt(): Promise<string | undefined> {
    const began = this.#clock.now()
    let error: string | undefined
    let code: ErrorCode | undefined
    try {
      error = await this.#exchange()
    } catch (failure) {
      this.#drop()
      code = codeOf(failure)
      error = redacted(messageOf(failure))
    }
    this.#options.onRoundTrip((this.#clock.now() - began) / 1_000, error, code)
    return error
  }

  /** @returns the first error of a participant or a reply. Rejects where no replies come. */
  async #exchange(): Promise<string | undefined> {
    const client = await this.#connected()
    const { participants } = this.#options
    const faults: string[] = []
    for (const each of participants) await attempt(faults, () => each.prepare?.(client.send))
    const began = this.#clock.now()
    const steps: CommandStep[] = []
    // A participant whose state is too large does not keep the others from reading.
    for (const each of participants) await attempt(faults, () => void steps.push(...each.steps()))
    this.#workMs = this.#clock.now() - began
    const errors = await this.#sendAll(client, steps)
    this.#work(() => {
      for (const each of participants) each.settle?.()
    })
    if (errors.some(isOfConnection)) this.#drop()
    // A hung server accepts connections, too.
    else this.#options.onConnected(client.isOpen())
    return faults[0] ?? errors[0]
  }

  /** @returns the errors of replies. */
  async #sendAll(client: Client, first: readonly CommandStep[]): Promise<string[]> {
    const errors: string[] = []
    let steps = first
    while (steps.length > 0) {
      const sent = steps
      const replies = await client.send(sent.map(({ command }) => command))
      steps = this.#work(() => {
        errors.push(...take(sent, replies))
        return this.#state === 'ended' ? [] : this.#further()
      })
    }
    return errors
  }

  #further(): CommandStep[] {
    return this.#options.participants.flatMap((each) => each.further?.() ?? [])
  }

  #work<T>(act: () => T): T {
    const began = this.#clock.now()
    const result = act()
    this.#workMs += this.#clock.now() - began
    return result
  }

  async #connected(): Promise<Client> {
    if (this.#client?.isOpen()) return this.#client
    this.#drop()
    this.#client = await this.#open(this.#options.connection)
    return this.#client
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

/** Whether a new connection may help. A full Redis, or a forbidden command, stays the same. */
function isOfConnection(error: string): boolean {
  return !/(?:^|: )(?:OOM|NOPERM|MISCONF|WRONGTYPE|NOREPLICAS)\b/.test(error)
}
