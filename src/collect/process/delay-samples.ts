import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { collectLimits } from '../../limits/collect.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import type { Stop } from '../../support/stop.ts'

/** Node's histogram of the intervals between the runs of a native timer. Nanoseconds. */
export type IntervalMonitor = Pick<
  IntervalHistogram,
  'count' | 'percentile' | 'enable' | 'disable' | 'reset'
>

const periodMs = collectLimits.delaySampleMs

/**
 * Samples the delay of the event loop with a native timer: a sample is how late the timer ran.
 *
 * The monitor of Node starts again at each `take`. It records the time from one run of its timer to
 * the next run. It records neither the time before its first run nor the time after its last run.
 * A timer of ours measures the time before the first run. The rest is the time after the last
 * run. So each millisecond belongs to exactly one interval, and no stall is missed.
 */
export class DelaySamples {
  readonly #monitor: IntervalMonitor
  readonly #clock: Clock
  #startedAt = 0
  /** Undefined until the first interval ends. */
  #firstMs: number | undefined
  #stopFirst: Stop = () => {}

  constructor(clock: Clock = nodeClock, monitor: IntervalMonitor = newMonitor()) {
    this.#clock = clock
    this.#monitor = monitor
    this.start()
  }

  /**
   * Returns the delays since the previous call, seconds. A stall in progress counts up to now.
   * The result is empty within one period after the previous call.
   */
  take(): number[] {
    const elapsedMs = this.#clock.now() - this.#startedAt
    if (elapsedMs < periodMs) return []
    const recorded = this.#recordedMs()
    const unrecordedMs = elapsedMs - recorded.reduce((sum, interval) => sum + interval, 0)
    // Our timer can run long after the timer of the monitor if a callback in between blocks.
    const firstMs = Math.min(this.#firstMs ?? unrecordedMs, unrecordedMs)
    const lastMs = unrecordedMs - firstMs
    this.start()
    const intervals = [firstMs, ...recorded, ...(lastMs > periodMs ? [lastMs] : [])]
    return intervals.map((interval) => Math.max(interval - periodMs, 0) / 1_000)
  }

  stop(): void {
    this.#stopFirst()
    this.#monitor.disable()
  }

  /** Starts over. */
  start(): void {
    this.stop()
    this.#monitor.reset()
    this.#firstMs = undefined
    const startedAt = this.#clock.now()
    this.#startedAt = startedAt
    this.#stopFirst = this.#clock.after(periodMs, () => {
      this.#firstMs = this.#clock.now() - startedAt
    })
    this.#monitor.enable()
  }

  /** Each interval that the monitor recorded, to three digits. */
  #recordedMs(): number[] {
    const { count } = this.#monitor
    return Array.from(
      { length: count },
      (_, index) => this.#monitor.percentile((100 * (index + 1)) / count) / 1e6,
    )
  }
}

function newMonitor(): IntervalMonitor {
  return monitorEventLoopDelay({ resolution: periodMs })
}
