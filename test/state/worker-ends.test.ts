import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { CrashFiles } from '../../src/crash-file/store.ts'
import { CrashFile } from '../../src/crash-file/writer.ts'
import { PrivateDirectory } from '../../src/files/private-directory.ts'
import { stateLimits } from '../../src/limits/state.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Descriptor } from '../../src/model/metric.ts'
import { LastReports } from '../../src/relay/last-report/last-report.ts'
import type { ClusterStateOptions, LostCounts } from '../../src/state/cluster-state-options.ts'
import { workersDirectoryIn } from '../support/crash-file/workers-directory.ts'
import { needsDescriptorLimit, withoutDescriptors } from '../support/files/descriptors.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { ReportingSource } from '../support/reporting-source.ts'
import { ended, forked, start, started } from '../support/state/started-state.ts'

type Ended = ReturnType<typeof ended>

const requests = descriptorOf(catalog.requests)
const orders: Descriptor = { ...requests, name: 'orders', scope: 'shop' }
const open: Descriptor = { ...orders, name: 'open', kind: 'upDownCounter' }

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

describe('A worker whose crash file cannot be read now ends', {
  skip: needsDescriptorLimit,
}, () => {
  test('when the file can be read, with the counts of the file', async (context) => {
    const { state, deaths, value, write } = await withCrashFiles(context)
    write(1)
    withoutDescriptors(() => {
      state.apply(ended(1))
      state.checkSilence()
    })
    assert.equal(deaths.length, 0)
    state.checkSilence()
    assert.deepEqual([deaths.length, value(requests.name)], [1, 7])
    state.checkSilence()
    assert.equal(deaths.length, 1)
  })

  test('before its replacement begins', async (context) => {
    const { state, write } = await withCrashFiles(context, { usesSlots: true })
    write(1)
    withoutDescriptors(() => state.apply(ended(1)))
    state.apply(forked(2))
    assert.deepEqual(
      state.workers().map(({ workerId }) => workerId),
      ['worker_1'],
    )
  })

  test('before a page shows the totals', async (context) => {
    const { state, deaths, write } = await withCrashFiles(context)
    write(1)
    withoutDescriptors(() => state.apply(ended(1)))
    state.metrics()
    assert.equal(deaths.length, 1)
  })

  test('after a minute, and the lost counts are told', async (context) => {
    const { state, time, deaths, losses, write } = await withCrashFiles(context)
    state.report(1, new ReportingSource(1).set(requests, {}, 5).report())
    write(1)
    withoutDescriptors(() => {
      state.apply(ended(1))
      time.now += stateLimits.unreadEndMs
      state.checkSilence()
      assert.deepEqual([deaths, losses], [[], []])
      time.now += 1
      state.checkSilence()
    })
    assert.equal(deaths.length, 1)
    assert.deepEqual(losses, [{ forkNumber: 1, pid: 4_001, result: 'unreadable' }])
  })

  test('when its last report can be read, with the counts of the report', async (context) => {
    const { state, deaths, value, write } = await withLastReports(context)
    state.apply(forked(1))
    write(1, new ReportingSource(1).set(orders, {}, 5).report())
    withoutDescriptors(() => state.apply(ended(1)))
    assert.equal(deaths.length, 0)
    state.checkSilence()
    assert.deepEqual([deaths.length, value('orders')], [1, 5])
  })
})

describe('The lost counts of a worker are told', () => {
  test('where its process was killed and the crash file is missing', async (context) => {
    const { state, losses } = await withCrashFiles(context)
    state.report(1, new ReportingSource(1).set(requests, {}, 5).report())
    state.apply(ended(1))
    assert.deepEqual(losses, [{ forkNumber: 1, pid: 4_001, result: 'missing' }])
  })

  const silent: Record<string, readonly [end: Partial<Ended>, reports: boolean, file: boolean]> = {
    'the crash file was read': [{}, true, true],
    'the worker ended without a signal, and left a last report': [
      { signal: null, code: 1 },
      true,
      false,
    ],
    'the worker has no preload, so that no report came': [{}, false, false],
  }
  for (const [title, [end, reports, hasFile]] of Object.entries(silent)) {
    test(`unless ${title}`, async (context) => {
      const { state, losses, deaths, write } = await withCrashFiles(context)
      if (reports) state.report(1, new ReportingSource(1).set(requests, {}, 5).report())
      if (hasFile) write(1)
      state.apply(ended(1, end))
      assert.deepEqual(losses, [])
      assert.equal(deaths.length, 1)
    })
  }
})

describe('A worker that ends by SIGABRT', () => {
  const MiB = 2 ** 20
  const heapUsed = descriptorOf(catalog.heapUsed)
  const heapLimit = descriptorOf(catalog.heapLimit)
  const memory = descriptorOf(catalog.memory)
  /** This process takes far more memory than the report of its worker says. */
  const report = (used: number): string | undefined =>
    new ReportingSource(1, { pid: process.pid })
      .set(heapUsed, {}, used)
      .set(heapLimit, {}, 40 * MiB)
      .set(memory, {}, 1 * MiB)
      .report()
  const rows: readonly (readonly [title: string, used: number, looks: boolean, reason: string])[] =
    [
      ['had a full heap by its last report', 10 * MiB, false, 'heap'],
      ['had a full heap by the memory of its process', 1 * MiB, true, 'heap'],
      ['had most of its heap free', 1 * MiB, false, 'abort'],
    ]
  for (const [title, used, looks, reason] of rows) {
    const skip = looks && process.platform !== 'linux' ? 'only Linux shows the memory' : false
    test(`${title} has the reason ${reason}`, { skip }, () => {
      const { state, deaths, time } = started()
      state.apply(forked(1, process.pid))
      state.report(1, report(used))
      time.now += 1_000
      if (looks) state.checkSilence()
      state.apply(ended(1, { signal: 'SIGABRT' }))
      assert.deepEqual([deaths[0]?.reason, deaths[0]?.memoryBytes === MiB], [reason, !looks])
    })
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

/** A state with one worker, and a function that writes a crash file with seven requests. */
async function withCrashFiles(context: TestContext, options: Partial<ClusterStateOptions> = {}) {
  const place = workersDirectoryIn(await temporaryDirectory(context))
  const directory = new PrivateDirectory(place)
  directory.make()
  const losses: LostCounts[] = []
  const found = started({
    crashFiles: new CrashFiles({ directory: place, keepsFiles: false }),
    onLostCounts: (lost) => losses.push(lost),
    ...options,
  })
  found.state.apply(forked(1))
  const write = (forkNumber: number): void => {
    const { source } = new ReportingSource(forkNumber)
    const file = new CrashFile(directory.create(`${forkNumber}.counts`), source, 1)
    file.take({ key: 'requests', attributes: {} })?.set([7])
    file.flush()
    file.close()
  }
  return { ...found, losses, write }
}
