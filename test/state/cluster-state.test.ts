import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { stateLimits } from '../../src/limits/state.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { ClusterEvent } from '../../src/model/cluster-event.ts'
import type { Death } from '../../src/model/death.ts'
import type { Attributes, Descriptor, Value } from '../../src/model/metric.ts'
import { LastReports } from '../../src/relay/last-report/last-report.ts'
import { failedReport } from '../../src/relay/report.ts'
import { ClusterState } from '../../src/state/cluster-state.ts'
import type { ClusterStateOptions } from '../../src/state/cluster-state-options.ts'
import { workersDirectoryIn } from '../support/crash-file/workers-directory.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { ReportingSource } from '../support/reporting-source.ts'

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

const requests = descriptorOf(catalog.requests)
const orders: Descriptor = { ...requests, name: 'orders', scope: 'shop' }
const open: Descriptor = { ...orders, name: 'open', kind: 'upDownCounter' }
const start = 1_700_000_000_000

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

describe('the end of a worker', () => {
  test('keeps the up-down counters of a clean exit only', () => {
    const { state, value } = started()
    for (const [forkNumber, code] of [
      [1, 0],
      [2, 1],
    ] as const) {
      state.apply(forked(forkNumber))
      const source = new ReportingSource(forkNumber).set(open, {}, 4 + forkNumber)
      state.report(forkNumber, source.report())
      state.apply(ended(forkNumber, { code, signal: null }))
    }
    assert.equal(value('open'), 5)
  })

  test('is a death with the last values, once', () => {
    const { state, deaths, time, value } = started()
    state.apply(forked(1))
    state.report(1, new ReportingSource(1).set(requests, {}, 5).report())
    time.now += 2_000
    state.apply(ended(1, { at: time.now, code: 1, signal: null }))
    state.apply(ended(1, { at: time.now, code: 1, signal: null }))
    state.apply(ended(9, { code: 1, signal: null }))
    assert.equal(deaths.length, 1)
    assert.deepEqual(state.deaths, deaths)
    const [death] = deaths
    assert.deepEqual(
      [death?.workerId, death?.pid, death?.requests, death?.ageSeconds, death?.reportAgeSeconds],
      ['worker_1_1700000001', 4_001, 5, 2, 2],
    )
    assert.equal(value('gunicorn_worker_state', { state: 'error' }), 1)
    assert.deepEqual(state.workers(), [])
  })

  test('takes the last report from its file', async (context) => {
    const { state, value, write, deaths } = await withLastReports(context)
    for (const forkNumber of [1, 2, 3]) state.apply(forked(forkNumber))
    const source = new ReportingSource(1).set(orders, {}, 5)
    state.report(1, source.report())
    write(1, source.set(orders, {}, 8).report())
    write(2, new ReportingSource(2).set(orders, {}, 100).report())
    state.apply(ended(1))
    assert.equal(value('orders'), 8)
    assert.deepEqual(
      [1, 2, 3].map((forkNumber) => state.takeLastReport(forkNumber)),
      ['missing', 'taken', 'missing'],
    )
    assert.equal(value('orders'), 108)
    assert.equal(deaths.length, 1)
  })

  test('finds no last reports where workers leave none', () => {
    assert.equal(started().state.takeLastReport(1), 'none')
  })

  test('counts no report for a worker without a file', async (context) => {
    const { state } = await withLastReports(context)
    assert.equal(state.takeLastReport(1), 'missing')
    assert.deepEqual(Object.fromEntries(state.reports), { accepted: 0 })
  })

  test('is no other event of the worker', () => {
    const { state, deaths } = started()
    state.apply(forked(1))
    state.apply({ kind: 'listening', forkNumber: 1 })
    state.apply({ kind: 'leaving', forkNumber: 1, at: start })
    assert.deepEqual(deaths, [])
    assert.equal(state.workers()[0]?.state, 'quit')
  })

  test('by SIGKILL without a kill by the kernel has the reason sigkill', async (context) => {
    const { state, deaths } = await withMemoryEvents(context)
    state.apply(forked(1))
    state.apply(ended(1, { signal: 'SIGKILL' }))
    assert.equal(deaths[0]?.reason, 'sigkill')
  })

  type Row = readonly [end: Partial<Ended>, reason: string]
  const causes: Record<string, Row> = {
    'by SIGKILL after a kill by the kernel': [{ signal: 'SIGKILL' }, 'oom'],
    'by SIGKILL from the master': [{ signal: 'SIGKILL', cause: 'timeout' }, 'timeout'],
    'by another signal': [{ signal: 'SIGTERM' }, 'sigterm'],
    'by an exit code': [{ signal: null, code: 1 }, 'error'],
  }
  for (const [title, [end, reason]] of Object.entries(causes)) {
    test(`${title} has the reason ${reason}`, async (context) => {
      const { state, deaths, countKills } = await withMemoryEvents(context)
      state.apply(forked(1))
      countKills(1)
      state.apply(ended(1, end))
      assert.deepEqual(
        deaths.map((death) => death.reason),
        [reason],
      )
    })
  }

  test('of an unknown worker by SIGKILL takes no kill of the kernel', async (context) => {
    const { state, deaths, countKills } = await withMemoryEvents(context)
    state.apply(forked(1))
    countKills(1)
    state.apply(ended(9, { signal: 'SIGKILL' }))
    state.apply(ended(1, { signal: 'SIGKILL' }))
    assert.deepEqual(
      deaths.map((death) => death.reason),
      ['oom'],
    )
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

describe('the retention of an ended worker', () => {
  test('lasts for retentionMs where the option is set', () => {
    const { state, time, value } = started({ retentionMs: 2_000 })
    state.apply(forked(1))
    state.report(1, new ReportingSource(1).set(requests, {}, 5).report())
    state.apply(ended(1))
    time.now += 2_000
    assert.equal(value(requests.name), 5)
    time.now += 1
    assert.equal(value(requests.name), undefined)
  })

  test('keeps no gauge, and offers the room of the gauges to sources over the limit', () => {
    const { state, resyncs, value } = started({ maxSeries: 2 })
    const memory = descriptorOf(catalog.memory)
    for (const forkNumber of [1, 2]) {
      state.apply(forked(forkNumber))
      const source = new ReportingSource(forkNumber).set(requests, {}, 5).set(memory, {}, 7)
      state.report(forkNumber, source.report())
    }
    state.apply(ended(1))
    assert.equal(value(memory.name), undefined)
    assert.deepEqual(resyncs, [2])
  })

  test('lasts stateLimits.retentionMs', () => {
    const { state, time, value } = started()
    state.apply(forked(1))
    const memory = descriptorOf(catalog.memory)
    state.report(1, new ReportingSource(1).set(requests, {}, 5).set(memory, {}, 7).report())
    state.apply(ended(1))
    time.now += stateLimits.retentionMs
    assert.equal(value(requests.name), 5)
    assert.equal(value('gunicorn_worker_exit_memory_bytes'), 7)
    time.now += 1
    assert.equal(value(requests.name), undefined)
    assert.equal(value('gunicorn_worker_exit_memory_bytes'), undefined)
    assert.equal(value('gunicorn_worker_state'), undefined)
  })

  test('ends for sources over the series limit with a request to start over', () => {
    const { state, time, resyncs, value } = started({ maxSeries: 1 })
    for (const forkNumber of [1, 2]) {
      state.apply(forked(forkNumber))
      state.report(forkNumber, new ReportingSource(forkNumber).set(requests, {}, 5).report())
    }
    assert.deepEqual(Object.fromEntries(state.dropped), {
      series_limit: 1,
      retained_workers_limit: 0,
    })
    state.apply(ended(1))
    value(requests.name)
    assert.deepEqual(resyncs, [])
    time.now += stateLimits.retentionMs + 1
    state.apply(ended(7))
    assert.deepEqual(resyncs, [2])
    value(requests.name)
    assert.deepEqual(resyncs, [2])
  })

  test('ends early for more than stateLimits.retainedWorkers', () => {
    const { state } = started()
    for (let forkNumber = 1; forkNumber <= stateLimits.retainedWorkers + 2; forkNumber += 1) {
      state.apply(forked(forkNumber))
      state.apply(ended(forkNumber))
    }
    assert.equal(state.dropped.get('retained_workers_limit'), 2)
  })
})

function started(options: Partial<ClusterStateOptions> = {}) {
  const time = { now: start }
  const resyncs: number[] = []
  const deaths: Death[] = []
  const state = new ClusterState({
    usesSlots: false,
    keepWorkerId: false,
    maxSeries: stateLimits.series,
    lastReports: undefined,
    crashFiles: undefined,
    oomCounterFile: undefined,
    epochSeconds: 1_600_000_000,
    resync: (forkNumber) => resyncs.push(forkNumber),
    onDeath: (death) => deaths.push(death),
    now: () => time.now,
    ...options,
  })
  const value = (name: string, labels: Attributes = {}): Value | undefined =>
    state
      .metrics()
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ points }) => points)
      .find(({ attributes }) =>
        Object.entries(labels).every(([label, text]) => attributes[label] === text),
      )?.value
  return { state, time, resyncs, deaths, value }
}

async function withLastReports(context: TestContext) {
  const parent = await temporaryDirectory(context)
  const lastReports = new LastReports(workersDirectoryIn(parent))
  lastReports.prepare()
  const write = (forkNumber: number, text: string | undefined): void =>
    lastReports.leave(forkNumber, text ?? assert.fail('nothing to report'))
  return { ...started({ lastReports }), write }
}

async function withMemoryEvents(context: TestContext) {
  const file = join(await temporaryDirectory(context), 'memory.events')
  const countKills = (count: number): void => writeFileSync(file, `oom 0\noom_kill ${count}\n`)
  countKills(0)
  return { ...started({ oomCounterFile: file }), countKills }
}

const own = { role: 'single', forkNumber: 1, startSeconds: start / 1_000, pid: 77 } as const

/** The states of the live processes after so many milliseconds with checks. */
function states(state: ClusterState, time: { now: number }, ms: number): string[] {
  for (let passed = 0; passed < ms; passed += stateLimits.silenceCheckMs) {
    time.now += stateLimits.silenceCheckMs
    state.checkSilence()
  }
  return state.workers().map((worker) => worker.state)
}

function forked(forkNumber: number): ClusterEvent {
  return { kind: 'forked', forkNumber, at: start, pid: 4_000 + forkNumber }
}

/** By default an end by SIGTERM that the primary did not ask for. */
function ended(forkNumber: number, given: Partial<Ended> = {}): Ended {
  const base = { kind: 'ended', forkNumber, at: start, code: null, voluntary: false } as const
  return { ...base, signal: 'SIGTERM', ...given }
}
