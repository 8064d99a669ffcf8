import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DelaySamples } from '../../../src/collect/process/delay-samples.ts'
import { LoopDelays } from '../../../src/collect/process/loop-delays.ts'
import { RestingLoop } from '../../../src/collect/process/resting-loop.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { relayLimits } from '../../../src/limits/relay.ts'
import { Random } from '../../support/random.ts'

const { delaySampleMs, restingCheckMs, restingLoopMs, restingTurnMs, restingTurns } = collectLimits

/** A loop whose turns a test makes. */
class ManualLoop {
  nowMs = 0
  activeMs = 0
  readonly calls: string[] = []
  #waiting: (() => void) | undefined
  #timer: (() => void) | undefined

  readonly options = {
    activeMs: () => this.activeMs,
    now: () => this.nowMs,
    afterPoll: (act: () => void) => {
      this.#waiting = act
      return () => {
        if (this.#waiting === act) this.#waiting = undefined
      }
    },
    after: (_delayMs: number, act: () => void) => {
      this.#timer = act
      return () => {
        if (this.#timer === act) this.#timer = undefined
      }
    },
    onWork: () => this.calls.push('work'),
    samples: {
      take: () => [0, 0],
      start: () => this.calls.push('start'),
      stop: () => this.calls.push('stop'),
    },
  }

  get isWatched(): boolean {
    return this.#waiting !== undefined
  }

  rest(ms: number): void {
    this.nowMs += ms
  }

  /** Callbacks that work for so long, and the end of the turn. */
  turn(ms: number): void {
    this.work(ms)
    const act = this.#waiting
    this.#waiting = undefined
    act?.()
  }

  get hasTimer(): boolean {
    return this.#timer !== undefined
  }

  runTimer(): void {
    const act = this.#timer
    this.#timer = undefined
    act?.()
  }

  work(ms: number): void {
    this.nowMs += ms
    this.activeMs += ms
  }
}

describe('RestingLoop', () => {
  test('has the samples of a timer, all without delay', () => {
    const loop = new ManualLoop()
    const resting = new RestingLoop(loop.options)
    loop.rest(300)
    loop.turn(restingTurnMs - 1)
    loop.rest(700)
    assert.deepEqual(resting.end(), new Array(Math.floor(1_024 / delaySampleMs)).fill(0))
    assert.deepEqual(loop.calls, [])
    assert.equal(loop.isWatched, false)
  })

  test('has a delay for each long turn', () => {
    const loop = new ManualLoop()
    const resting = new RestingLoop(loop.options)
    loop.rest(2 * delaySampleMs)
    loop.turn(300)
    loop.turn(restingTurnMs)
    assert.deepEqual(loop.calls, [])
    assert.equal(loop.isWatched, true)
    assert.deepEqual(resting.end(), [0.3, restingTurnMs / 1_000, 0, 0])
  })

  test('tells many short turns', () => {
    const loop = new ManualLoop()
    new RestingLoop(loop.options)
    for (let turn = 1; turn < restingTurns; turn += 1) loop.turn(1)
    assert.deepEqual(loop.calls, [])
    loop.turn(1)
    assert.deepEqual(loop.calls, ['work'])
  })

  test('has one delay and few samples of a process that was stopped for days', () => {
    const loop = new ManualLoop()
    const resting = new RestingLoop(loop.options)
    loop.rest(restingCheckMs + 86_400_000)
    const [pause, ...others] = resting.end()
    assert.equal(pause, 86_400)
    assert.equal(others.length, restingCheckMs / delaySampleMs)
    assert.equal(loop.hasTimer, false)
  })

  test('has a delay for each timer that runs late, without the work before', () => {
    const loop = new ManualLoop()
    const resting = new RestingLoop(loop.options)
    loop.rest(restingCheckMs)
    loop.runTimer()
    loop.rest(restingCheckMs + 300)
    loop.runTimer()
    loop.work(restingTurnMs - 1)
    loop.rest(restingCheckMs + 100)
    loop.runTimer()
    assert.deepEqual(loop.calls, [])
    assert.deepEqual(
      resting.end().filter((delay) => delay > 0),
      [0.3, 0.1],
    )
  })

  test('counts a turn once in which the timer was due', () => {
    const loop = new ManualLoop()
    const resting = new RestingLoop(loop.options)
    loop.rest(restingCheckMs / 2)
    loop.turn(4 * restingCheckMs)
    loop.runTimer()
    loop.rest(restingCheckMs)
    loop.runTimer()
    assert.deepEqual(
      resting.end().filter((delay) => delay > 0),
      [(4 * restingCheckMs) / 1_000],
    )
  })

  test('counts a turn that has not ended', () => {
    const loop = new ManualLoop()
    const resting = new RestingLoop(loop.options)
    loop.work(400)
    assert.deepEqual(resting.end(), [0.4])
  })
})

describe('LoopDelays', () => {
  test('stops the timer while the loop rests, and starts it when the loop works', () => {
    const loop = new ManualLoop()
    const delays = new LoopDelays(loop.options)
    loop.work(restingLoopMs)
    delays.take()
    assert.deepEqual(loop.calls, [])
    loop.rest(1_000)
    assert.deepEqual(delays.take(), [0, 0])
    assert.deepEqual(loop.calls, ['stop'])
    loop.rest(100)
    assert.deepEqual(delays.take(), [0, 0])
    loop.rest(100)
    loop.turn(50)
    assert.deepEqual(delays.take(), [0.05, 0, 0])
    assert.deepEqual(loop.calls, ['stop', 'stop', 'stop'])
    loop.rest(100)
    for (let turn = 0; turn < restingTurns; turn += 1) loop.turn(1)
    assert.deepEqual(loop.calls, ['stop', 'stop', 'stop', 'start'])
    assert.deepEqual(delays.take(), [0, 0, 0, 0])
    delays.stop()
  })

  test('starts the timer after much work in few turns', () => {
    const loop = new ManualLoop()
    const delays = new LoopDelays(loop.options)
    loop.rest(1_000)
    delays.take()
    loop.turn(restingLoopMs)
    assert.deepEqual(delays.take(), [restingLoopMs / 1_000])
    assert.deepEqual(loop.calls, ['stop', 'start'])
    delays.stop()
  })

  test('rests with a timer that runs when the next report is due', () => {
    assert.equal(restingCheckMs, relayLimits.reportIntervalMs)
  })

  test('has nothing within a period after the last samples, and goes on with the rest', () => {
    const loop = new ManualLoop()
    const delays = new LoopDelays(loop.options)
    delays.take()
    loop.rest(delaySampleMs - 1)
    assert.deepEqual(delays.take(), [])
    loop.rest(1)
    assert.deepEqual(delays.take(), [0])
  })

  test('keeps the timer in a program that uses a domain', (context) => {
    const loop = new ManualLoop()
    const delays = new LoopDelays(loop.options)
    Object.assign(process, { domain: {} })
    context.after(() => Reflect.deleteProperty(process, 'domain'))
    delays.take()
    assert.deepEqual(loop.calls, [])
    assert.equal(loop.isWatched, false)
  })

  test('misses no stall of a process that rests in between', async () => {
    const random = new Random(15)
    const { eventLoopUtilization } = performance
    const samples = new DelaySamples()
    const delays = new LoopDelays({ activeMs: () => eventLoopUtilization().active, samples })
    for (let round = 0; round < 30; round += 1) {
      await sleep(delaySampleMs + random.below(200))
      delays.take()
      await sleep(random.below(150))
      const stall = 80 + random.below(120)
      block(stall)
      await sleep(2 * delaySampleMs)
      const longest = 1_000 * Math.max(...delays.take())
      assert.ok(longest >= stall - delaySampleMs, `${longest} ms of a stall of ${stall} ms`)
    }
    delays.stop()
  })
})

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
