import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../src/limits/state.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Death } from '../../src/model/death.ts'
import type { Descriptor } from '../../src/model/metric.ts'
import { failedReport } from '../../src/relay/report.ts'
import type { ClusterState } from '../../src/state/cluster-state.ts'
import { ReportingSource } from '../support/reporting-source.ts'
import { ended, forked, start, started } from '../support/state/started-state.ts'

const requests = descriptorOf(catalog.requests)
const orders: Descriptor = { ...requests, name: 'orders', scope: 'shop' }

describe('ClusterState', () => {
  test('counts reports by result, and their characters', () => {
    const { state, value } = started()
    const name = 'gunicorn_exporter_reports_total'
    assert.equal(value(name, { result: 'accepted' }), 0)
    assert.equal(value(name, { result: 'refused' }), undefined)
    const text = new ReportingSource(1).set(orders, {}, 5).report() ?? ''
    state.report(1, text)
    state.report(2, 'nonsense')
    state.report(3, undefined)
    assert.equal(value(name, { result: 'accepted' }), 1)
    assert.equal(value(name, { result: 'refused' }), 2)
    assert.deepEqual(Object.fromEntries(state.reports), { accepted: 1, refused: 2 })
    const chars = text.length + 'nonsense'.length
    assert.equal(value('gunicorn_exporter_report_bytes_total'), chars)
    assert.equal(value('gunicorn_exporter_series'), 1)
    assert.equal(state.seriesCount, 1)
  })

  test('asks a source to start over after a report out of sequence only', () => {
    const { state, resyncs } = started()
    const source = new ReportingSource(1).set(orders, {}, 1)
    state.report(1, source.report())
    source.set(orders, {}, 2).report()
    assert.deepEqual(resyncs, [])
    state.report(1, source.set(orders, {}, 3).report())
    assert.deepEqual(resyncs, [1])
  })

  test('knows a report of a worker from accepted reports only', () => {
    const { state, time } = started()
    state.apply(forked(1))
    state.report(1, 'nonsense')
    assert.equal(state.workers()[0]?.reportAgeSeconds, null)
    const source = new ReportingSource(1).set(requests, {}, 5)
    state.report(1, source.report())
    time.now += 3_000
    source.set(requests, {}, 6).report()
    state.report(1, source.set(requests, {}, 7).report())
    assert.equal(state.workers()[0]?.reportAgeSeconds, 3)
    state.report(1, source.resetBaseline().report())
    assert.equal(state.workers()[0]?.reportAgeSeconds, 0)
  })

  test('shows its own process, which stands still before its first report', () => {
    const { state, time } = started({ own, beat: () => 0 })
    assert.deepEqual(states(state, time, 1_750), [])
    assert.deepEqual(states(state, time, 5_000), ['hanging'])
    assert.equal(state.workers()[0]?.pid, 77)
    assert.equal(state.workerCounts().own, 'hanging')
    state.apply(forked(1))
    assert.deepEqual(states(state, time, 5_000), ['running'])
  })

  test('shows no hang of a worker whose reports fail, and shows a later hang', () => {
    const deaths: Death[] = []
    const { state, time } = started({ onDeath: (death) => void deaths.push(death) })
    state.apply(forked(1))
    state.apply({ kind: 'listening', forkNumber: 1 })
    state.report(1, new ReportingSource(1).set(requests, {}, 5).report())
    for (let second = 0; second < 10; second += 1) {
      assert.deepEqual(states(state, time, 1_000), ['running'])
      state.report(1, failedReport)
    }
    assert.equal(state.workers()[0]?.reportAgeSeconds, 10)
    assert.deepEqual(states(state, time, 4_000), ['hanging'])
    assert.equal(state.workers()[0]?.hang?.seconds, 4)
    state.report(1, failedReport)
    state.apply(ended(1, { signal: 'SIGKILL' }))
    assert.deepEqual(
      deaths.map(({ hang }) => hang),
      [null],
    )
  })

  test('does not show its own process while it runs, or is a primary', () => {
    let beat = 0
    const running = started({ own, beat: () => beat++ })
    assert.deepEqual(states(running.state, running.time, 5_000), [])
    const primary = started({ own, beat: () => 0 })
    primary.state.apply(forked(1))
    primary.state.apply(ended(1))
    assert.deepEqual(states(primary.state, primary.time, 5_000), [])
  })

  test('measures ages by the clock of Node by default', () => {
    const { state } = started({ now: undefined })
    state.apply({ kind: 'forked', forkNumber: 1, at: Date.now() - 60_000, agoMs: 5_000 })
    const age = state.workers()[0]?.ageSeconds ?? 0
    assert.ok(age >= 5 && age < 50, `${age} s`)
  })

  test('lists live workers with their last values, without the fork number', () => {
    const { state } = started()
    state.apply(forked(1))
    const source = new ReportingSource(1)
      .set(requests, {}, 5)
      .set(descriptorOf(catalog.memory), {}, 1_024)
    state.report(1, source.report())
    assert.deepEqual(state.workers(), [
      {
        workerId: 'worker_1_1700000001',
        pid: 4_001,
        state: 'running',
        stateSince: '2023-11-14T22:13:21.000Z',
        listening: false,
        ageSeconds: 0,
        reportAgeSeconds: 0,
        requests: 5,
        memoryBytes: 1_024,
        hang: null,
        kernel: null,
        counts: null,
      },
    ])
    assert.equal(state.workerCounts().live, 1)
  })

  test('starts series of a worker with the worker, and totals with the cluster', () => {
    const attributes = { worker_id: 'worker_1_1700000001' }
    for (const [keepWorkerId, application] of [
      [false, 1_600_000_000],
      [true, 1_700_000_001],
    ] as const) {
      const { state } = started({ keepWorkerId })
      state.apply(forked(1))
      state.report(1, new ReportingSource(1).set(orders, {}, 5).report())
      assert.equal(state.startOf()(requests, attributes), 1_700_000_001)
      assert.equal(state.startOf()(orders, attributes), application)
    }
  })

  test('keeps worker_id on all series with keepWorkerId', () => {
    const { state, value } = started({ keepWorkerId: true })
    state.report(1, new ReportingSource(1).set(orders, {}, 5).report())
    assert.equal(value('orders', { worker_id: 'worker_1_1700000001' }), 5)
  })

  test('gives a replacement the slot and the counts of the ended worker with usesSlots', () => {
    const { state, value } = started({ usesSlots: true })
    for (const forkNumber of [1, 2]) {
      state.apply(forked(forkNumber))
      state.report(forkNumber, new ReportingSource(forkNumber).set(requests, {}, 5).report())
      if (forkNumber === 1) state.apply(ended(1))
    }
    assert.equal(value(requests.name, { worker_id: 'worker_1' }), 10)
  })

  test('knows whether the application has SDKs of its own', () => {
    const { state } = started()
    state.report(1, new ReportingSource(1).set(orders, {}, 5).report())
    assert.equal(state.hasOwnSdks, false)
    state.report(2, new ReportingSource(2, { hasOwnSdk: true }).set(orders, {}, 5).report())
    assert.equal(state.hasOwnSdks, true)
  })
})

test('a worker listens by its reports, and by the event of the cluster without them', () => {
  const { state } = started()
  const listening = descriptorOf(catalog.listening)
  state.apply(forked(1))
  state.apply({ kind: 'listening', forkNumber: 1 })
  const source = new ReportingSource(1).set(requests, {}, 1)
  state.report(1, source.report())
  assert.equal(state.workerCounts().listening, 1)
  for (const [value, expected] of [
    [0, 1],
    [1, 1],
    [0, 0],
  ] as const) {
    state.report(1, source.set(listening, {}, value).report())
    assert.equal(state.workerCounts().listening, expected)
  }
})

const own = { role: 'single', forkNumber: 1, startSeconds: start / 1_000, pid: 77 } as const

/** The states of the live processes after so many milliseconds with checks. */
function states(state: ClusterState, time: { now: number }, ms: number): string[] {
  for (let passed = 0; passed < ms; passed += stateLimits.silenceCheckMs) {
    time.now += stateLimits.silenceCheckMs
    state.checkSilence()
  }
  return state.workers().map((worker) => worker.state)
}
