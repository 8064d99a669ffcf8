import { collectLimits } from '../../limits/collect.ts'
import type { Stop } from '../../support/stop.ts'
import { DelaySamples } from './delay-samples.ts'
import { RestingLoop, type RestingLoopOptions } from './resting-loop.ts'

export interface LoopDelaysOptions extends Omit<RestingLoopOptions, 'onWork'> {
  readonly samples?: Pick<DelaySamples, 'take' | 'start' | 'stop'>
}

/**
 * The delays of the event loop: by Node's monitor while the loop works, and by a look at each turn
 * while the loop rests. The monitor wakes the process 20 times a second.
 */
export class LoopDelays {
  readonly #options: LoopDelaysOptions
  readonly #samples: Pick<DelaySamples, 'take' | 'start' | 'stop'>
  /** Work of the loop at the last `take`, milliseconds. */
  #active: number
  /** Delays of a rest that ended since the last `take`, seconds. */
  #ended: number[] = []
  #rest: RestingLoop | undefined

  constructor(options: LoopDelaysOptions) {
    this.#options = options
    this.#samples = options.samples ?? new DelaySamples()
    this.#active = options.activeMs()
  }

  /**
   * Returns the delays since the previous call, seconds. The result has no samples within one
   * period after the previous call.
   */
  take(): number[] {
    const delays = this.#rest ? this.#takeRest(this.#rest) : this.#samples.take()
    const taken = [...this.#ended, ...delays]
    this.#ended = []
    if (delays.length > 0) this.#restOrWork()
    return taken
  }

  readonly stop: Stop = () => {
    this.#rest?.end()
    this.#rest = undefined
    this.#samples.stop()
  }

  #takeRest(rest: RestingLoop): number[] {
    return rest.elapsedMs < collectLimits.delaySampleMs ? [] : rest.end()
  }

  #restOrWork(): void {
    const active = this.#options.activeMs()
    const worked = active - this.#active
    this.#active = active
    // Node prints a warning for an immediate in a program that uses a `domain`.
    const mayRest = worked < collectLimits.restingLoopMs && !Reflect.get(process, 'domain')
    if (mayRest) this.#samples.stop()
    else if (this.#rest) this.#samples.start()
    this.#rest = mayRest
      ? new RestingLoop({ ...this.#options, onWork: () => this.#work() })
      : undefined
  }

  #work(): void {
    this.#ended.push(...(this.#rest?.end() ?? []))
    this.#rest = undefined
    this.#samples.start()
  }
}
