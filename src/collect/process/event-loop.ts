import { performance } from 'node:perf_hooks'
import { collectLimits } from '../../limits/collect.ts'
import { delayBounds } from '../../model/catalog/bounds.ts'
import type { HistogramValue } from '../../model/metric.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { HistogramCell } from '../counts/histogram-cell.ts'
import { RecentMaximum } from '../counts/recent-maximum.ts'
import { LoopDelays } from './loop-delays.ts'

const { nodeTiming } = performance
/** The start of the process by `monotonicNow()`. No fake timer replaces the getter. */
const startedAt = monotonicNow() - nodeTiming.duration

export interface EventLoopObserver {
  readonly stop: Stop
  /** Every delay so far, seconds. */
  readonly delays: () => HistogramValue
  /** The longest delay of about the last minute, seconds. */
  readonly recentDelayMax: () => number
  /** Time since the event loop started, seconds. */
  readonly loopSeconds: () => LoopSeconds
  /** Busy share since the previous call, 0 to 1. */
  readonly takeUtilization: () => number
}

interface LoopSeconds {
  readonly active: number
  readonly idle: number
}

export interface EventLoopOptions {
  /** Receives each delay, seconds. */
  readonly onDelay?: ((seconds: number) => void) | undefined
  readonly clock?: Clock
  readonly samples?: Pick<LoopDelays, 'take' | 'stop'>
}

export function observeEventLoop({
  onDelay,
  clock = nodeClock,
  samples = new LoopDelays({ activeMs: () => loopTime().active }),
}: EventLoopOptions = {}): EventLoopObserver {
  const { delayWindowParts: parts, delayWindowPartMs: partMs } = collectLimits
  const cell = new HistogramCell(delayBounds)
  const recent = new RecentMaximum({ parts, partMs }, clock.now())
  let last = loopTime()

  function read(): void {
    const now = clock.now()
    for (const delay of samples.take()) {
      cell.record(delay)
      recent.add(delay, now)
      onDelay?.(delay)
    }
  }

  // Without a timer, a process whose metrics are seldom read would have thousands of samples to
  // read at once.
  const stopTimer = clock.every(partMs, read)
  return {
    stop: () => stopAll([stopTimer, () => samples.stop()]),
    delays() {
      read()
      return cell.read()
    },
    recentDelayMax() {
      read()
      return recent.read(clock.now())
    },
    loopSeconds() {
      const { active, idle } = loopTime()
      return { active: active / 1_000, idle: idle / 1_000 }
    },
    takeUtilization() {
      const current = loopTime()
      const active = current.active - last.active
      const total = active + current.idle - last.idle
      last = current
      return total > 0 ? active / total : 0
    },
  }
}

interface LoopTime {
  readonly active: number
  readonly idle: number
}

/**
 * Milliseconds since the start of the event loop. `performance.eventLoopUtilization()` would call
 * `process.hrtime()`, which fake timers replace.
 */
function loopTime(): LoopTime {
  const { loopStart, idleTime: idle } = nodeTiming
  if (loopStart <= 0) return { active: 0, idle: 0 }
  return { active: monotonicNow() - startedAt - loopStart - idle, idle }
}
