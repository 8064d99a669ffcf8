import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DelaySamples, type IntervalMonitor } from '../../../src/collect/process/delay-samples.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { Random } from '../../support/random.ts'

const periodMs = collectLimits.delaySampleMs

/** A monitor that has recorded what a test says. */
class ScriptedMonitor implements IntervalMonitor {
  #intervals: number[] = []
  isEnabled = false

  get count(): number {
    return this.#intervals.length
  }

  record(...intervalsMs: number[]): void {
    this.#intervals = [...this.#intervals, ...intervalsMs].sort((left, right) => left - right)
  }

  percentile(percentile: number): number {
    const rank = Math.floor((percentile / 100) * this.count + 0.5)
    return 1e6 * (this.#intervals[rank - 1] ?? Number.NaN)
  }

  enable(): boolean {
    this.isEnabled = true
    return true
  }

  disable(): boolean {
    this.isEnabled = false
    return true
  }

  reset(): void {
    this.#intervals = []
  }
}

function scripted(): { clock: ManualClock; monitor: ScriptedMonitor; samples: DelaySamples } {
  const clock = new ManualClock()
  const monitor = new ScriptedMonitor()
  return { clock, monitor, samples: new DelaySamples(clock, monitor) }
}

/** Whole milliseconds. */
function rounded(seconds: readonly number[]): number[] {
  return seconds.map((each) => Math.round(1_000 * each))
}

describe('DelaySamples', () => {
  test('takes every interval that the monitor recorded, and starts again', async () => {
    const { clock, monitor, samples } = scripted()
    await clock.advance(periodMs)
    monitor.record(periodMs, periodMs + 3, 4_000, periodMs)
    await clock.advance(3 * periodMs + 3 + 4_000 + 20)
    assert.deepEqual(rounded(samples.take()), [0, 0, 0, 3, 3_950])
    assert.deepEqual(samples.take(), [])
    await clock.advance(periodMs)
    assert.deepEqual(rounded(samples.take()), [0])
  })

  test('includes a stall before the first run of the timers', async () => {
    const { clock, monitor, samples } = scripted()
    clock.spend(2_000)
    await clock.advance(0)
    monitor.record(periodMs)
    await clock.advance(periodMs + 10)
    assert.deepEqual(rounded(samples.take()), [1_950, 0])
  })

  test('includes a stall that has not ended', async () => {
    const { clock, monitor, samples } = scripted()
    await clock.advance(periodMs)
    monitor.record(periodMs)
    await clock.advance(periodMs)
    clock.spend(4_000)
    assert.deepEqual(rounded(samples.take()), [0, 0, 3_950])
    clock.spend(3_000)
    assert.deepEqual(rounded(samples.take()), [2_950])
  })

  test('includes a stall between the timer of ours and the timer of Node', async () => {
    const { clock, monitor, samples } = scripted()
    await clock.advance(periodMs)
    // A callback in the same turn blocks after ours, before the first run of Node's timer.
    clock.spend(4_000)
    monitor.record(periodMs)
    await clock.advance(periodMs + 10)
    assert.deepEqual(rounded(samples.take()), [0, 0, 3_960])
  })

  test('counts a stall between the timer of Node and the timer of ours once', async () => {
    const { clock, monitor, samples } = scripted()
    // Node's timer ran on time. Our timer and the second run of Node's timer were late.
    clock.spend(4_000)
    await clock.advance(0)
    monitor.record(4_000 - periodMs)
    assert.deepEqual(rounded(samples.take()), [0, 3_900])
  })

  test('stops the monitor and its own timer', () => {
    const { clock, monitor, samples } = scripted()
    assert.ok(monitor.isEnabled)
    samples.stop()
    assert.ok(!monitor.isEnabled)
    assert.equal(clock.pending, 0)
  })

  test('misses none of 200 real stalls at random moments, and counts none twice', async () => {
    const random = new Random(11)
    const samples = new DelaySamples()
    const rounds: Round[] = []
    for (let round = 0; round < 200; round += 1) {
      rounds.push(await stallOnce({ samples, random, block: random.pick(blocks) }))
    }
    samples.stop()
    assert.deepEqual(rounds.filter(isTooShort), [])
    assert.deepEqual(rounds.filter(countsTwice), [])
  })
})

interface Round {
  readonly stallMs: number
  readonly elapsedMs: number
  readonly longestMs: number
  readonly totalMs: number
}

type Block = (ms: number) => Promise<void>

async function stallOnce({
  samples,
  random,
  block,
}: {
  samples: DelaySamples
  random: Random
  block: Block
}): Promise<Round> {
  const startedAt = performance.now()
  await sleep(random.below(130))
  const stallMs = 80 + random.below(120)
  await block(stallMs)
  if (random.chance(0.5)) await sleep(random.below(80))
  const taken = samples.take().map((seconds) => 1_000 * seconds)
  return {
    stallMs,
    elapsedMs: performance.now() - startedAt,
    longestMs: Math.max(0, ...taken),
    totalMs: taken.reduce((total, ms) => total + ms, 0),
  }
}

function isTooShort({ stallMs, longestMs }: Round): boolean {
  return longestMs < stallMs - periodMs
}

/** A stall takes most of a round. 5 ms: the monitor's values have three digits. */
function countsTwice({ elapsedMs, totalMs }: Round): boolean {
  return totalMs > elapsedMs + 5
}

/** Ways to block the event loop: in a microtask, an immediate, and a timer before or after ours. */
const blocks: readonly Block[] = [
  async (ms) => blockFor(ms),
  (ms) => new Promise((resolve) => setImmediate(() => resolve(blockFor(ms)))),
  (ms) => new Promise((resolve) => setTimeout(() => resolve(blockFor(ms)), periodMs)),
  (ms) =>
    new Promise((resolve) => {
      setTimeout(() => {}, periodMs)
      setTimeout(() => resolve(blockFor(ms)), periodMs)
    }),
]

function blockFor(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
