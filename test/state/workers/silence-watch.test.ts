import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { relayLimits } from '../../../src/limits/relay.ts'
import { stateLimits } from '../../../src/limits/state.ts'
import { SilenceWatch } from '../../../src/state/workers/silence-watch.ts'
import {
  enterState,
  newRecord,
  noteReport,
  stateOf,
  type WorkerRecord,
} from '../../../src/state/workers/worker-record.ts'
import type { ProcessStat } from '../../../src/support/process/process-stat.ts'

const { hangAfterMs, startingHangAfterMs, silenceCheckMs, observedGapMs, beatMs } = stateLimits
/** Unix milliseconds of the clock's zero. */
const epoch = 1_700_000_000_000

describe('A worker', () => {
  test('hangs after two report intervals without a report', () => {
    const bench = new Bench()
    const worker = bench.add()
    bench.run(hangAfterMs - silenceCheckMs)
    assert.equal(stateOf(worker), 'running')
    bench.run(silenceCheckMs)
    assert.equal(stateOf(worker), 'hanging')
    assert.equal(hangAfterMs, 2 * relayLimits.reportIntervalMs)
  })

  test('hangs since the second of its last report', () => {
    const bench = new Bench()
    const worker = bench.add()
    bench.run(7_000, worker)
    bench.run(10_000)
    assert.deepEqual(worker.states.at(-1), { name: 'hanging', since: epoch / 1_000 + 7 })
  })

  test('that reports each second never hangs', () => {
    const bench = new Bench()
    const worker = bench.add()
    for (let second = 0; second < 60; second += 1) {
      bench.run(relayLimits.reportIntervalMs - 10)
      bench.report(worker)
      assert.equal(stateOf(worker), 'running')
    }
  })

  test('runs again with its next report, and hangs again later, under one entry', () => {
    const bench = new Bench()
    const worker = bench.add()
    bench.run(5_000)
    bench.report(worker)
    assert.equal(stateOf(worker), 'running')
    assert.equal(worker.silence, undefined)
    bench.run(1_000)
    assert.equal(stateOf(worker), 'running')
    bench.run(5_000)
    assert.equal(stateOf(worker), 'hanging')
    assert.equal(worker.states.filter(({ name }) => name === 'hanging').length, 1)
    assert.equal(worker.states.at(-1)?.since, epoch / 1_000 + 5)
  })

  test('may load its program for stateLimits.startingHangAfterMs after its first report', () => {
    const bench = new Bench()
    const worker = bench.add({ reporting: 'starting' })
    bench.run(startingHangAfterMs - silenceCheckMs)
    assert.equal(stateOf(worker), 'running')
    bench.run(silenceCheckMs)
    assert.equal(stateOf(worker), 'hanging')
    assert.equal(worker.silence?.kind, 'hanging')
  })

  test('has loaded its program if it listens, or reports again', () => {
    const bench = new Bench()
    const listening = bench.add({ reporting: 'starting' })
    const reporting = bench.add({ reporting: 'starting' })
    listening.listening = 'announced'
    bench.report(reporting)
    bench.run(hangAfterMs)
    assert.deepEqual([stateOf(listening), stateOf(reporting)], ['hanging', 'hanging'])
  })

  test('hangs while it loads its program if it has left a stack', () => {
    const bench = new Bench({ hasStack: true })
    const worker = bench.add({ reporting: 'starting' })
    bench.run(hangAfterMs)
    assert.equal(stateOf(worker), 'hanging')
  })

  test('does not hang where it never reported, beside workers that report', () => {
    const bench = new Bench()
    bench.add({ isForked: false })
    bench.add()
    const worker = bench.add({ reporting: 'never' })
    worker.listening = 'announced'
    bench.run(30_000)
    assert.equal(stateOf(worker), 'running')
    assert.equal(worker.silence, undefined)
  })

  test('that leaves does not hang, because it has no channel for reports', () => {
    const bench = new Bench()
    const worker = bench.add()
    enterState(worker, 'quit', 1)
    bench.run(30_000)
    assert.equal(stateOf(worker), 'quit')
  })

  for (const state of ['T', 't']) {
    test(`is stopped while the kernel shows ${state}, and hangs when it continues`, () => {
      const bench = new Bench()
      const worker = bench.add()
      bench.processState = state
      bench.run(5_000)
      assert.equal(stateOf(worker), 'stopped')
      assert.equal(worker.states.at(-1)?.since, epoch / 1_000)
      bench.processState = 'R'
      bench.run(2_000)
      assert.equal(stateOf(worker), 'hanging')
      assert.ok((worker.states.at(-1)?.since ?? 0) >= epoch / 1_000 + 5)
    })
  }

  test('whose process is gone runs on the page until its end arrives, and is silent', () => {
    const bench = new Bench()
    const worker = bench.add()
    bench.run(1_000)
    bench.processState = 'Z'
    bench.run(4_000)
    assert.equal(stateOf(worker), 'running')
    assert.deepEqual(worker.silence, { kind: 'gone' })
  })

  test('that hung keeps its hang until the end of its process arrives', () => {
    const bench = new Bench()
    const worker = bench.add()
    bench.run(5_000)
    const { silence } = worker
    assert.equal(silence?.kind, 'hanging')
    bench.processState = 'Z'
    bench.run(2_000)
    assert.equal(stateOf(worker), 'hanging')
    assert.deepEqual(worker.silence, silence)
  })

  test('hangs without figures where the system does not show the process', () => {
    const bench = new Bench()
    bench.isHidden = true
    const worker = bench.add()
    bench.run(5_000)
    assert.deepEqual(worker.silence, { kind: 'hanging', figures: undefined })
  })

  test('is read from the kernel once at its start, and then only while it is silent', () => {
    const bench = new Bench()
    const worker = bench.add()
    bench.run(10_000, worker)
    assert.equal(bench.reads, 1)
    bench.run(hangAfterMs + 3 * stateLimits.processReadingMs)
    assert.equal(bench.reads, 5)
  })
})

describe('A silence', () => {
  test('does not contain the time in which the primary was blocked', () => {
    const bench = new Bench({ hasBeats: true })
    const [worker, own] = [bench.add(), bench.add({ isForked: false })]
    bench.run(900)
    bench.isBlocked = true
    // The exporter thread checks on. The primary's own loop stands still, and looks hung.
    bench.run(60_000)
    assert.equal(stateOf(worker), 'running')
    assert.equal(stateOf(own), 'hanging')
    bench.isBlocked = false
    bench.run(beatMs)
    assert.equal(stateOf(worker), 'running')
    bench.report(worker)
    bench.run(1_000)
    assert.equal(stateOf(worker), 'running')
  })

  test('goes on when a blocked primary runs again and no report arrives', () => {
    const bench = new Bench({ hasBeats: true })
    const worker = bench.add()
    bench.isBlocked = true
    bench.run(60_000)
    bench.isBlocked = false
    bench.run(hangAfterMs)
    assert.equal(stateOf(worker), 'hanging')
  })

  test('goes on in a worker that hung before the primary was blocked', () => {
    const bench = new Bench({ hasBeats: true })
    const worker = bench.add()
    bench.run(5_000)
    bench.isBlocked = true
    bench.run(5_000)
    assert.equal(stateOf(worker), 'hanging')
  })

  for (const hasBeats of [false, true]) {
    test(`does not contain a pause of the whole machine, beats ${hasBeats}`, () => {
      const bench = new Bench({ hasBeats })
      const [worker, own] = [bench.add(), bench.add({ isForked: false })]
      bench.run(900)
      bench.pause(3_600_000)
      bench.check()
      assert.deepEqual([stateOf(worker), stateOf(own)], ['running', 'running'])
      for (const each of [worker, own]) bench.report(each)
      bench.run(1_000)
      assert.deepEqual([stateOf(worker), stateOf(own)], ['running', 'running'])
    })
  }

  test('grows by stateLimits.observedGapMs at most between two checks', () => {
    const bench = new Bench()
    const worker = bench.add()
    let checks = 0
    for (; stateOf(worker) === 'running'; checks += 1) {
      bench.pause(60_000)
      bench.check()
    }
    // The first check after a report counts the time since the report.
    assert.equal(checks, Math.ceil(hangAfterMs / observedGapMs))
  })

  test('of two report intervals is more than one interval and a pause', () => {
    assert.ok(relayLimits.reportIntervalMs + observedGapMs < hangAfterMs)
    assert.ok(Math.max(beatMs, silenceCheckMs) < observedGapMs / 2)
  })
})

describe('A primary', () => {
  test('is silent since its last beat, with the time in which no thread ran', () => {
    const bench = new Bench({ hasBeats: true })
    bench.run(1_000)
    bench.isBlocked = true
    bench.run(30_000)
    bench.pause(5_000)
    assert.equal(bench.primarySilenceMs, 35_000)
    bench.isBlocked = false
    bench.check()
    assert.equal(bench.primarySilenceMs, 0)
  })

  test('is not silent after a beat that no check has seen', () => {
    const bench = new Bench({ hasBeats: true })
    bench.pause(5_000)
    bench.beat()
    assert.equal(bench.primarySilenceMs, 0)
  })

  test('has no silence where its own event loop watches the workers', () => {
    const bench = new Bench()
    bench.run(1_000)
    assert.equal(bench.primarySilenceMs, undefined)
  })
})

/** Workers under a watch, with a clock that the test moves. */
class Bench {
  processState = 'R'
  isHidden = false
  isBlocked = false
  reads = 0
  #now = 0
  #beats = 0
  readonly #records: WorkerRecord[] = []
  readonly #watch: SilenceWatch

  constructor({ hasBeats = false, hasStack = false } = {}) {
    this.#watch = new SilenceWatch({
      now: () => this.#now,
      unixNow: () => epoch + this.#now,
      readStat: () => this.#stat(),
      beat: hasBeats ? () => this.#beats : undefined,
      hasStack: () => hasStack,
    })
  }

  add({
    isForked = true,
    reporting = 'running',
  }: Partial<Pick<WorkerRecord, 'isForked' | 'reporting'>> = {}): WorkerRecord {
    const [forkNumber, startSeconds] = [this.#records.length, epoch / 1_000]
    const born = { forkNumber, isForked, bornAt: 0, slot: 1, startSeconds, pid: 9 }
    const record = newRecord(born)
    this.#records.push(record)
    if (reporting !== 'never') {
      record.startTicks = '5'
      this.report(record)
      record.reporting = reporting
    }
    return record
  }

  report(record: WorkerRecord): void {
    noteReport(record, this.#now)
  }

  /** Lets time pass, with checks. @param reporting reports before each check. */
  run(ms: number, reporting?: WorkerRecord): void {
    for (let passed = 0; passed < ms; passed += silenceCheckMs) {
      this.#now += Math.min(silenceCheckMs, ms - passed)
      if (reporting) this.report(reporting)
      this.check()
    }
  }

  get primarySilenceMs(): number | undefined {
    return this.#watch.primarySilenceMs
  }

  beat(): void {
    this.#beats += 1
  }

  /** Time in which no thread runs. */
  pause(ms: number): void {
    this.#now += ms
  }

  check(): void {
    if (!this.isBlocked) this.beat()
    this.#watch.check(this.#records)
  }

  #stat(): ProcessStat | undefined {
    this.reads += 1
    if (this.isHidden) return undefined
    const state = this.processState
    return { state, userSeconds: 1, systemSeconds: 1, startTicks: '5', rssPages: 1 }
  }
}
