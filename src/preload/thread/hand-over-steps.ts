import type { ToThread } from '../../exporter/thread-message.ts'
import { exporterLimits } from '../../limits/exporter.ts'
import { shareLimits } from '../../limits/share.ts'
import type { HandOverOffer } from '../../share/hand-over/offer.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'

type OnOffer = (offer: HandOverOffer | undefined) => void

/** The steps of a master's upgrade, which the exporter thread takes. */
export class HandOverSteps {
  readonly #post: (message: ToThread) => void
  readonly #onStart: () => void
  readonly #clock: Pick<Clock, 'after'>
  #answer: OnOffer = () => {}
  #isUnderWay = false

  /**
   * @param post sends a message to the exporter thread.
   * @param onStart called before the first step of each upgrade.
   */
  constructor(
    post: (message: ToThread) => void,
    onStart: () => void,
    clock: Pick<Clock, 'after'> = nodeClock,
  ) {
    this.#post = post
    this.#onStart = onStart
    this.#clock = clock
  }

  /** Time that the end of this master may wait for a successor that starts, milliseconds. */
  get lastMs(): number {
    return this.#isUnderWay ? shareLimits.firstHandOverMs : 0
  }

  /**
   * Prepares the start of a successor.
   * @param done called once; without an offer where the thread does not answer in time.
   */
  offer(done: OnOffer): void {
    this.#onStart()
    this.#isUnderWay = true
    const cancel = this.#clock.after(exporterLimits.offerMs, () => this.answer(undefined))
    this.#answer = (offer) => {
      cancel()
      done(offer)
    }
    this.#post({ kind: 'hand over', act: 'offer' })
  }

  answer(offer: HandOverOffer | undefined): void {
    const answer = this.#answer
    this.#answer = () => {}
    answer(offer)
  }

  /** This master ends: the successor gets the endpoint. */
  release(): void {
    this.#post({ kind: 'hand over', act: 'release' })
  }

  /** The successor has ended. */
  end(): void {
    this.#isUnderWay = false
    this.#post({ kind: 'hand over', act: 'end' })
  }
}
