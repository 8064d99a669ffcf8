import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { CrashFiles } from '../../src/crash-file/store.ts'
import { CrashFile } from '../../src/crash-file/writer.ts'
import { PrivateDirectory } from '../../src/files/private-directory.ts'
import { stateLimits } from '../../src/limits/state.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Death } from '../../src/model/death.ts'
import type { Attributes, Value } from '../../src/model/metric.ts'
import { Aggregator } from '../../src/state/aggregator.ts'
import { ClusterState } from '../../src/state/cluster-state.ts'
import { CrashRecovery } from '../../src/state/crash-recovery.ts'
import { workersDirectoryIn } from '../support/crash-file/workers-directory.ts'
import { usualRules } from '../support/merging.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { ReportingSource } from '../support/reporting-source.ts'

/** The source of fork number 1 in reports. */
const own = { pid: 4_001, startSeconds: 1_700_000_001, forkNumber: 1 }
const requests = descriptorOf(catalog.requests)
const sizes = { ...descriptorOf(catalog.requestSize), bounds: [10, 20] }
const orders = { ...requests, name: 'orders', scope: 'shop' }

describe('the totals of a killed worker contain', () => {
  test('the crash file if its counts are higher than the last report', async (context) => {
    const { state, reporter, write, kill, page } = await started(context)
    reporter.set(requests, {}, 5).set(sizes, {}, { count: 1, sum: 7, counts: [1, 0, 0] })
    reporter.set(orders, {}, 3)
    state.report(1, reporter.report())
    write(8, { count: 3, sum: 50, counts: [1, 1, 1] })
    kill()
    assert.equal(page('gunicorn_worker_requests_total'), 8)
    assert.deepEqual(page(sizes.name), { count: 3, sum: 50, counts: [1, 1, 1] })
    assert.equal(page('gunicorn_worker_responses_total'), 8)
    assert.equal(page('orders'), 3)
    assert.equal(page('gunicorn_exporter_crash_files_total', { result: 'read' }), 1)
  })

  test('the last report if its counts are higher than the crash file', async (context) => {
    const { state, reporter, write, kill, page } = await started(context)
    reporter.set(requests, {}, 9).set(sizes, {}, { count: 4, sum: 7, counts: [4, 0, 0] })
    state.report(1, reporter.report())
    write(8, { count: 3, sum: 50, counts: [1, 1, 1] })
    kill()
    assert.equal(page('gunicorn_worker_requests_total'), 9)
    assert.deepEqual(page(sizes.name), { count: 4, sum: 7, counts: [4, 0, 0] })
  })

  test('the crash file if the worker never reported', async (context) => {
    const { state, write, kill, page, deaths } = await started(context)
    write(2, { count: 2, sum: 3, counts: [2, 0, 0] })
    kill()
    assert.equal(page('gunicorn_worker_requests_total', { worker_id: 'worker_1_1700000001' }), 2)
    assert.equal(page('gunicorn_worker_state', { state: 'abort' }), 1)
    assert.deepEqual(
      deaths.map((death) => [death.workerId, death.requests, death.reportAgeSeconds]),
      [['worker_1_1700000001', 2, null]],
    )
    // Another process with this number cannot report.
    state.report(1, new ReportingSource(1).set(requests, {}, 100).report())
    assert.equal(page('gunicorn_worker_requests_total'), 2)
  })

  test('the report if the crash file has other buckets', async (context) => {
    const { state, reporter, write, kill, page } = await started(context)
    reporter.set({ ...sizes, bounds: [1] }, {}, { count: 1, sum: 7, counts: [0, 1] })
    state.report(1, reporter.report())
    write(2, { count: 3, sum: 50, counts: [1, 1, 1] })
    kill()
    assert.deepEqual(page(sizes.name), { count: 1, sum: 7, counts: [0, 1] })
    assert.equal(page('gunicorn_worker_requests_total'), 2)
  })

  const otherSources: readonly (readonly [what: string, other: Partial<typeof own>])[] = [
    ['pid', { pid: 9 }],
    ['forkNumber', { forkNumber: 2 }],
    ['start', { startSeconds: 1 }],
  ]
  for (const [what, other] of otherSources) {
    test(`the report if the crash file has another ${what}`, async (context) => {
      const { state, reporter, write, kill, page } = await started(context, other)
      state.report(1, reporter.set(requests, {}, 5).report())
      write(8, { count: 0, sum: 0, counts: [0, 0, 0] })
      kill()
      assert.equal(page('gunicorn_worker_requests_total'), 5)
      assert.equal(page('gunicorn_exporter_crash_files_total', { result: 'refused' }), 1)
    })
  }

  test('the series within the limit', async (context) => {
    const { state, reporter, write, kill, page } = await started(context, {}, { maxSeries: 1 })
    state.report(1, reporter.set(requests, {}, 5).report())
    write(8, { count: 1, sum: 1, counts: [1, 0, 0] })
    kill()
    assert.equal(page('gunicorn_worker_requests_total'), 8)
    assert.equal(page(sizes.name), undefined)
    assert.equal(state.dropped.get('series_limit'), 2)
  })
})

test('the totals of a killed worker without a crash file contain the report', async (context) => {
  const { state, reporter, kill, page } = await started(context)
  state.report(1, reporter.set(requests, {}, 5).report())
  kill()
  assert.equal(page('gunicorn_worker_requests_total'), 5)
  assert.equal(page('gunicorn_exporter_crash_files_total', { result: 'missing' }), 1)
})

describe('CrashRecovery', () => {
  test('has no points without crash files', () => {
    const recovery = new CrashRecovery(undefined, newAggregator())
    recovery.recover(1, null)
    assert.deepEqual(recovery.metric().points, [])
  })

  const rows: readonly (readonly [what: string, pid: number | null, read: number])[] = [
    ['the worker’s pid', own.pid, 1],
    ['an unknown pid of the worker', null, 1],
    ['the pid of another process', own.pid + 1, 0],
  ]
  for (const [what, pid, read] of rows) {
    test(`${read === 1 ? 'reads' : 'refuses'} a crash file with ${what}`, async (context) => {
      const { directory, crashFiles } = await withCrashFiles(context)
      const value = { count: 0, sum: 0, counts: [0, 0, 0] }
      writeCrashFile(directory, own, { count: 2, value })
      const aggregator = newAggregator()
      const recovery = new CrashRecovery(crashFiles, aggregator)
      assert.deepEqual(resultsOf(recovery), { read: 0, missing: 0, refused: 0, unreadable: 0 })
      recovery.recover(1, pid)
      assert.deepEqual(resultsOf(recovery), { read, missing: 0, refused: 1 - read, unreadable: 0 })
      recovery.recover(1, pid)
      recovery.recover(2, pid)
      assert.deepEqual(resultsOf(recovery), { read, missing: 2, refused: 1 - read, unreadable: 0 })
      assert.equal(aggregator.seriesCount > 0, read === 1)
    })
  }
})

function resultsOf(recovery: CrashRecovery): Record<string, unknown> {
  return Object.fromEntries(
    recovery.metric().points.map(({ attributes, value }) => [String(attributes['result']), value]),
  )
}

function newAggregator(): Aggregator {
  return new Aggregator({
    workerIdOf: ({ forkNumber }) => `worker_${forkNumber}`,
    rules: usualRules,
    reusesIds: false,
    maxSeries: stateLimits.series,
  })
}

async function withCrashFiles(context: TestContext) {
  const parent = await temporaryDirectory(context)
  const place = workersDirectoryIn(parent)
  const directory = new PrivateDirectory(place)
  directory.make()
  return { directory, crashFiles: new CrashFiles({ directory: place, keepsFiles: false }) }
}

function writeCrashFile(
  directory: PrivateDirectory,
  source: typeof own,
  { count, value }: { count: number; value: Histogram },
): void {
  // The file has the name of fork number 1, and the content of `source`.
  const file = new CrashFile(directory.create('1.counts'), source, 1)
  store(file, count, value)
  file.close()
}

/** A primary with one worker. By default, the crash file belongs to this worker. */
async function started(
  context: TestContext,
  other: Partial<typeof own> = {},
  { maxSeries }: { maxSeries: number } = { maxSeries: stateLimits.series },
) {
  const { directory, crashFiles } = await withCrashFiles(context)
  const deaths: Death[] = []
  const state = new ClusterState({
    usesSlots: false,
    keepWorkerId: false,
    mergeRules: [],
    maxSeries,
    lastReports: undefined,
    crashFiles,
    oomCounterFile: undefined,
    epochSeconds: 1_700_000_000,
    resync: () => {},
    onDeath: (death) => deaths.push(death),
  })
  state.apply({ kind: 'forked', forkNumber: 1, at: Date.now(), pid: own.pid })
  return {
    state,
    deaths,
    reporter: new ReportingSource(1),
    write: (count: number, value: Histogram) =>
      writeCrashFile(directory, { ...own, ...other }, { count, value }),
    kill: () =>
      state.apply({
        kind: 'ended',
        forkNumber: 1,
        at: Date.now(),
        code: null,
        signal: 'SIGKILL',
        voluntary: false,
      }),
    page: (name: string, labels: Attributes = {}) => shownIn(state, name, labels),
  }
}

interface Histogram {
  readonly count: number
  readonly sum: number
  readonly counts: readonly number[]
}

function store(file: CrashFile, count: number, { sum, counts }: Histogram): void {
  file.take({ key: 'requests', attributes: {} })?.set([count])
  file.take({ key: 'responses', attributes: { status_code: '200' } })?.set([count])
  file.take({ key: 'requestSize', attributes: {}, bounds: sizes.bounds })?.set([sum, ...counts])
  file.flush()
}

function shownIn(state: ClusterState, name: string, labels: Attributes): Value | undefined {
  const points = state.metrics().filter(({ descriptor }) => descriptor.name === name)
  const matching = points
    .flatMap((metric) => metric.points)
    .filter(({ attributes }) =>
      Object.entries(labels).every(([label, value]) => attributes[label] === value),
    )
  assert.ok(matching.length <= 1, `${matching.length} series of ${name}`)
  return matching[0]?.value
}
