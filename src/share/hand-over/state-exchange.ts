import type { Socket } from 'node:net'
import { shareLimits } from '../../limits/share.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import type { Metric } from '../../model/metric.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { messageOf } from '../../support/error-message.ts'
import type { Stop } from '../../support/stop.ts'
import type { ContinuedState } from './continued-state.ts'
import { HandOverLink, type ReceivedState } from './hand-over-link.ts'
import { encodeMasterState, type MasterState } from './master-state.ts'

export interface StateExchangeOptions {
  readonly socket: Socket
  readonly continued: ContinuedState
  /** The current metrics of this master; undefined where the masters share by other means. */
  readonly collect: () => readonly Metric[] | undefined
  readonly isReady: () => boolean
  /** Called when the other master has closed its endpoint. */
  readonly onReleased: () => void
  /** Called once, after the last state. */
  readonly onEnd: () => void
  /** Called with a text for the operator. */
  readonly onNotice: (text: CodedText) => void
  readonly onFault: () => void
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now' | 'every'>
}

const empty = Buffer.alloc(0)

/** Sends the state of this master to the other master each second, and takes its states. */
export class StateExchange {
  readonly #options: StateExchangeOptions
  readonly #clock: Pick<Clock, 'now' | 'every'>
  readonly #link: HandOverLink
  readonly #stopTimer: Stop
  #isOtherReady = false
  #hasMetrics = false
  #isTooLarge = false
  #onEnd: () => void

  constructor(options: StateExchangeOptions) {
    this.#options = options
    this.#clock = options.clock ?? nodeClock
    const { socket, onFault } = options
    this.#onEnd = options.onEnd
    this.#stopTimer = this.#clock.every(shareLimits.handOverMs, () => {
      // A slow reader must not pile up states in memory.
      if (!this.#link.isBusy) this.send(false)
    })
    this.#link = new HandOverLink({
      socket,
      onFault,
      onState: (received) => this.#take(received),
      onEnd: () => {
        this.#stopTimer()
        this.#isOtherReady = false
        this.#onEnd()
      },
    })
  }

  /** Whether a worker of the other master serves. */
  get isOtherReady(): boolean {
    return this.#isOtherReady
  }

  /** Whether the other master has sent metrics. */
  get hasMetrics(): boolean {
    return this.#hasMetrics
  }

  get hasEnded(): boolean {
    return this.#link.hasEnded
  }

  /** Calls back after the last state. The exchange must not have ended. */
  onceEnded(act: () => void): void {
    this.#onEnd = act
  }

  /**
   * @param hasReleased whether the other master has to listen.
   * @param onSent called when the other master gets the state in any case.
   */
  send(hasReleased: boolean, onSent: () => void = () => {}): void {
    const { continued, collect, isReady } = this.#options
    const collectedAt = this.#clock.now()
    const own = collect()
    const state = own && continued.ownState(own)
    this.#link.send(this.#encoded(state), { isReady: isReady(), hasReleased }, () => {
      if (state && !this.#isTooLarge) continued.confirm(state, collectedAt)
      onSent()
    })
  }

  /** Ends the exchange after the states that are under way. */
  end(): void {
    this.#stopTimer()
    this.#link.end()
  }

  destroy(): void {
    this.#stopTimer()
    this.#link.destroy()
  }

  #take({ state, message }: ReceivedState): void {
    this.#isOtherReady = message.isReady
    if (state) {
      this.#hasMetrics = true
      this.#options.continued.setOther(state)
    }
    if (message.hasReleased) this.#options.onReleased()
  }

  #encoded(state: MasterState | undefined): Buffer {
    if (!state) return empty
    try {
      const body = encodeMasterState({ ...state, hasEnded: false }, shareLimits.handOverMs)
      this.#isTooLarge = false
      return body
    } catch (error) {
      const text = `the other master gets no metrics: ${messageOf(error)}`
      if (!this.#isTooLarge) this.#options.onNotice(coded('GPE_HAND_OVER', text))
      this.#isTooLarge = true
      return empty
    }
  }
}
