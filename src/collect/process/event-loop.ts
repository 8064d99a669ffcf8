import { performance } from 'node:perf_hooks'
import { collectLimits } from '../../limits/collect.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import type { Stop } from '../../support/stop.ts'

export interface EventLoopObserver {
  readonly stop: Stop
  /** Longest stall since the previous call, seconds. */
  readonly takeDelayMax: () => number
  /** Busy share since the previous call, 0 to 1. */
  readonly takeUtilization: () => number
}

/**
 * Samples the delay of an unref'd timer. `monitorEventLoopDelay` is no alternative: after
 * `reset()`, Node does not record the first interval, so a stall right after a report would be
 * lost.
 */
export function observeEventLoop(clock: Clock = nodeClock): EventLoopObserver {
  let last = clock.now()
  let worst = 0
  let utilization = performance.eventLoopUtilization()

  function sample(): void {
    const now = clock.now()
    worst = Math.max(worst, now - last - collectLimits.delaySampleMs)
    last = now
  }

  const stop = clock.every(collectLimits.delaySampleMs, sample)
  return {
    stop,
    takeDelayMax() {
      const pending = clock.now() - last - collectLimits.delaySampleMs
      const delay = Math.max(worst, pending, 0)
      worst = 0
      return delay / 1_000
    },
    takeUtilization() {
      const current = performance.eventLoopUtilization()
      const since = performance.eventLoopUtilization(current, utilization)
      utilization = current
      return Number.isFinite(since.utilization) ? since.utilization : 0
    },
  }
}
