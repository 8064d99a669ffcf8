import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Exporter } from '../../src/exporter/exporter.ts'
import type { ExporterSettings } from '../../src/exporter/exporter-settings.ts'
import { stateLimits } from '../../src/limits/state.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { ClusterEvent } from '../../src/model/cluster-event.ts'
import type { Death } from '../../src/model/death.ts'
import type { Descriptor } from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import { version } from '../../src/model/version.ts'
import { LastReports } from '../../src/relay/last-report/last-report.ts'
import { workersDirectoryIn } from '../support/crash-file/workers-directory.ts'
import { textPage } from '../support/exposition/render-text.ts'
import { type Format, faultsOf } from '../support/prometheus/exposition.ts'
import { parsePage, type Sample, select, sum } from '../support/prometheus/page.ts'
import { ReportingSource } from '../support/reporting-source.ts'

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

const counter = descriptor({ name: 'orders' })
const gauge = descriptor({ name: 'depth', kind: 'gauge' })
const directory = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-test-'))

after(() => rmSync(directory, { recursive: true }))

describe('Reports to an exporter', () => {
  test('appear on the page at once, and count by outcome and size', () => {
    const { exporter, page } = started()
    const first = new ReportingSource(1).set(counter, {}, 5)
    const text = first.report()
    exporter.report(1, text)
    exporter.report(2, 'nonsense')
    exporter.report(3, undefined)
    assert.equal(sum(page(), 'orders_total'), 5)
    const outcome = (name: string): number =>
      sum(page(), 'gunicorn_exporter_reports_total', { result: name })
    assert.equal(outcome('accepted'), 1)
    assert.equal(outcome('refused'), 2)
    const size = (text?.length ?? 0) + 'nonsense'.length
    assert.equal(sum(page(), 'gunicorn_exporter_report_bytes_total'), size)
  })

  test('out of sequence cause a resync of their worker only', () => {
    const { exporter, page, resyncs } = started()
    const [first, second] = [new ReportingSource(1), new ReportingSource(2)]
    for (const source of [first, second]) {
      exporter.report(source.source.forkNumber, source.set(counter, {}, 1).report())
    }
    second.set(counter, {}, 2).report()
    exporter.report(2, second.set(counter, {}, 3).report())
    assert.deepEqual(resyncs, [2])
    assert.equal(sum(page(), 'orders_total'), 2)
    exporter.report(2, second.resetBaseline().report())
    assert.equal(sum(page(), 'orders_total'), 4)
    assert.deepEqual(resyncs, [2])
  })
})

describe('Without scrapes, an exporter', () => {
  test('forgets workers beyond stateLimits.retainedWorkers, and then has room for others', () => {
    const perWorker = 5
    const requests = descriptorOf(catalog.requests)
    const maxSeries = perWorker * (stateLimits.retainedWorkers - 10)
    const { exporter, page, resyncs } = started({ maxSeries })
    const full = (forkNumber: number): ReportingSource => {
      const source = new ReportingSource(forkNumber)
      for (let item = 0; item < perWorker; item += 1) source.set(requests, { item }, 1)
      return source
    }
    const late = new ReportingSource(1_000).set(gauge, {}, 7)
    for (let forkNumber = 1; forkNumber < stateLimits.retainedWorkers; forkNumber += 1) {
      exporter.apply(forked(forkNumber))
      exporter.report(forkNumber, full(forkNumber).report())
      exporter.apply(ended(forkNumber, { code: 1 }))
    }
    exporter.apply(forked(1_000))
    exporter.report(1_000, late.report())
    assert.equal(select(page(), 'depth', { worker_id: 'worker_1000_1700001000' }).length, 0)
    assert.deepEqual(resyncs, [])
    for (let forkNumber = 200; forkNumber < 210; forkNumber += 1) {
      exporter.apply(forked(forkNumber))
      exporter.apply(ended(forkNumber, { code: 1 }))
    }
    assert.deepEqual(resyncs, [1_000])
    exporter.report(1_000, late.resetBaseline().report())
    assert.equal(sum(page(), 'depth', { worker_id: 'worker_1000_1700001000' }), 7)
    const surplus = { reason: 'retained_workers_limit' }
    assert.equal(sum(page(), 'gunicorn_exporter_dropped_series_total', surplus), 9)
  })
})

describe('A worker that ends', () => {
  test('leaves its counts, and counts as a restart', () => {
    const { exporter, page } = started()
    exporter.apply(forked(1))
    exporter.report(1, new ReportingSource(1).set(counter, {}, 5).set(gauge, {}, 7).report())
    exporter.apply(ended(1, { code: 1 }))
    assert.equal(sum(page(), 'orders_total'), 5)
    assert.equal(select(page(), 'depth').length, 0)
    const pushed = exporter
      .collect()
      .flatMap(({ metrics }) => metrics.map((each) => each.descriptor))
    assert.ok(pushed.some(({ name }) => name === 'orders'))
    assert.ok(!pushed.some(({ name }) => name === 'depth'))
    assert.equal(sum(page(), 'gunicorn_worker_restart_total', { reason: 'error' }), 1)
    assert.equal(select(page(), 'gunicorn_worker_report_age_seconds').length, 0)
  })

  test('adds the last report from its file once', () => {
    const { exporter, page } = started()
    const source = new ReportingSource(1).set(counter, {}, 5)
    exporter.apply(forked(1))
    exporter.report(1, source.report())
    const reports = new LastReports(workersDirectoryIn(directory))
    reports.prepare()
    reports.leave(1, source.set(counter, {}, 8).report() ?? '')
    exporter.apply(ended(1, { code: 0 }))
    assert.equal(sum(page(), 'orders_total'), 8)
    assert.equal(reports.take(1), undefined)
  })

  test('in a slot passes its counts to the next worker of the slot', () => {
    const { exporter, page } = started({ usesSlots: true })
    const requests = descriptor({ name: 'gunicorn_worker_requests_total', scope: ownScope })
    for (const forkNumber of [1, 2, 3]) {
      exporter.apply(forked(forkNumber))
      exporter.report(
        forkNumber,
        new ReportingSource(forkNumber).set(requests, {}, forkNumber).report(),
      )
      if (forkNumber < 3) exporter.apply(ended(forkNumber, { code: 1 }))
    }
    const worker = { worker_id: 'worker_1' }
    assert.equal(sum(page(), 'gunicorn_worker_requests_total', worker), 6)
    assert.equal(sum(page(), 'gunicorn_worker_restart_total', { ...worker, reason: 'error' }), 2)
  })
})

describe('A death of a worker', () => {
  const born = 1_700_000_001_000

  test('is reported once, with the last values of the worker and their age', () => {
    const { exporter, deaths, status, time } = started()
    exporter.apply(forked(1, born))
    time.now += 3_000
    exporter.report(1, serving(1).report())
    time.now += 7_000
    // The system's clock steps back. Ages do not follow.
    const at = born - 3_600_000
    exporter.apply(killed(1, { at }))
    exporter.apply(killed(1, { at: at + 1 }))
    assert.equal(deaths.length, 1)
    assert.deepEqual(deaths[0], {
      workerId: 'worker_1_1700000001',
      pid: 4_001,
      reason: 'sigkill',
      certainty: 'certain',
      restartType: 'forced',
      exitCode: null,
      signal: 'SIGKILL',
      ageSeconds: 10,
      requests: 5,
      memoryBytes: 1_000_000,
      cpuPercent: 12.5,
      eventLoopDelayMaxSeconds: 0.25,
      reportAgeSeconds: 7,
      error: null,
      hang: null,
      endedAt: new Date(at).toISOString(),
    })
    assert.deepEqual(status().deaths, deaths)
  })

  test('without a report has the pid and no values', () => {
    const { exporter, page, deaths } = started()
    exporter.apply(forked(1, born))
    exporter.apply(ended(1, { code: 3 }))
    const [death] = deaths
    assert.equal(death?.pid, 4_001)
    assert.equal(death?.exitCode, 3)
    assert.equal(death?.reportAgeSeconds, null)
    assert.equal(death?.requests, null)
    assert.equal(select(page(), 'gunicorn_worker_exit_memory_bytes').length, 0)
  })

  test('is not reported for a fork number without a fork', () => {
    const { exporter, deaths, status } = started()
    exporter.apply(killed(7))
    assert.deepEqual([deaths, status().deaths], [[], []])
  })

  test('has the values of the last report in a file', () => {
    const { exporter, deaths } = started()
    const source = serving(1, 5)
    exporter.apply(forked(1))
    exporter.report(1, source.report())
    const reports = new LastReports(workersDirectoryIn(directory))
    reports.prepare()
    reports.leave(1, source.set(descriptorOf(catalog.requests), {}, 8).report() ?? '')
    exporter.apply(ended(1, { code: 0 }))
    assert.equal(deaths[0]?.requests, 8)
    assert.equal(deaths[0]?.restartType, 'graceful')
  })

  test('in a slot has the values of the worker rather than of the slot', () => {
    const { exporter, page, deaths } = started({ usesSlots: true })
    for (const forkNumber of [1, 2]) {
      exporter.apply(forked(forkNumber))
      exporter.report(forkNumber, serving(forkNumber, 10 * forkNumber).report())
      exporter.apply(killed(forkNumber))
    }
    assert.deepEqual(
      deaths.map(({ workerId, requests }) => [workerId, requests]),
      [
        ['worker_1', 10],
        ['worker_1', 20],
      ],
    )
    assert.deepEqual(exitMemory(page()), { 'worker_1 sigkill': 2_000_000 })
  })

  test('shows its memory on the page as long as the other series of the worker', () => {
    const { exporter, page, status, time } = started()
    for (const forkNumber of [1, 2]) {
      exporter.apply(forked(forkNumber))
      exporter.report(forkNumber, serving(forkNumber).report())
    }
    assert.deepEqual(exitMemory(page()), {})
    exporter.apply(killed(1))
    assert.deepEqual(exitMemory(page()), { 'worker_1_1700000001 sigkill': 1_000_000 })
    time.now += stateLimits.retentionMs
    exporter.apply(killed(2))
    time.now += 1
    assert.deepEqual(exitMemory(page()), { 'worker_2_1700000002 sigkill': 2_000_000 })
    const gone = { worker_id: 'worker_1_1700000001' }
    assert.equal(select(page(), 'gunicorn_worker_memory_bytes', gone).length, 0)
    assert.equal(status().deaths.length, 2)
  })

  test('shows no memory for workers beyond stateLimits.retainedWorkers', () => {
    const { exporter, page } = started()
    for (let forkNumber = 1; forkNumber <= stateLimits.retainedWorkers + 2; forkNumber += 1) {
      exporter.apply(forked(forkNumber))
      exporter.report(forkNumber, serving(forkNumber).report())
      exporter.apply(killed(forkNumber))
    }
    const shown = Object.keys(exitMemory(page()))
    assert.equal(shown.length, stateLimits.retainedWorkers)
    assert.ok(!shown.some((series) => /^worker_[12]_/.test(series)))
  })

  function exitMemory(samples: readonly Sample[]): Record<string, number> {
    const shown = select(samples, 'gunicorn_worker_exit_memory_bytes')
    return Object.fromEntries(
      shown.map(({ labels, value }) => [`${labels['worker_id']} ${labels['reason']}`, value]),
    )
  }
})

describe('An out-of-memory kill', () => {
  const reasonsOf = (deaths: readonly Death[]): string[] => deaths.map(({ reason }) => reason)

  test('is the reason of the first SIGKILL after the kernel’s counter increases', () => {
    const { exporter, page, deaths, countKills } = started()
    for (const forkNumber of [1, 2, 3]) exporter.apply(forked(forkNumber))
    exporter.apply(killed(1))
    countKills(1)
    exporter.apply(killed(2))
    exporter.apply(killed(3))
    assert.deepEqual(reasonsOf(deaths), ['sigkill', 'oom', 'sigkill'])
    assert.equal(deaths[1]?.restartType, 'crash')
    const labels = { reason: 'oom', restart_type: 'crash' }
    assert.equal(sum(page(), 'gunicorn_worker_restart_count_total', labels), 1)
    assert.equal(sum(page(), 'gunicorn_worker_state', { state: 'abort' }), 3)
    // The killed workers stay configured.
    assert.equal(sum(page(), 'gunicorn_master_workers', { state: 'configured' }), 3)
  })

  test('is no reason of other ends, and of kills by the master', () => {
    const { exporter, deaths, countKills } = started()
    for (const forkNumber of [1, 2, 3, 4]) exporter.apply(forked(forkNumber))
    countKills(1)
    exporter.apply(ended(1, { code: 137 }))
    exporter.apply(killed(2, { signal: 'SIGTERM' }))
    exporter.apply(killed(3, { cause: 'timeout' }))
    exporter.apply(killed(4))
    assert.deepEqual(reasonsOf(deaths), ['error', 'sigterm', 'timeout', 'oom'])
  })

  test('stays uncounted for ends of ended and unknown workers', () => {
    const { exporter, deaths, countKills } = started()
    for (const forkNumber of [1, 2]) exporter.apply(forked(forkNumber))
    exporter.apply(killed(1))
    countKills(1)
    for (const forkNumber of [1, 7]) exporter.apply(killed(forkNumber))
    exporter.apply(killed(2))
    assert.deepEqual(reasonsOf(deaths), ['sigkill', 'oom'])
  })
})

describe('The status of an exporter', () => {
  test('shows a single process as a worker', () => {
    const { exporter, status } = started()
    const alone = { role: 'single', startSeconds: 1_700_000_000, pid: 99 } as const
    const source = new ReportingSource(1, alone).set(descriptorOf(catalog.requests), {}, 3)
    exporter.report(0, source.report())
    const { workers, deaths, version: shown, uptimeSeconds } = status()
    assert.equal(shown, version)
    assert.ok(uptimeSeconds > 0)
    assert.deepEqual(deaths, [])
    const [{ ageSeconds, reportAgeSeconds, ...worker } = {}] = workers
    assert.deepEqual(worker, {
      workerId: 'worker_1_1700000000',
      pid: 99,
      state: 'running',
      stateSince: '2023-11-14T22:13:20.000Z',
      listening: true,
      requests: 3,
      memoryBytes: null,
      hang: null,
      kernel: null,
      counts: null,
    })
    assert.ok(Number(ageSeconds) > 0)
    assert.ok(typeof reportAgeSeconds === 'number' && reportAgeSeconds >= 0)
  })

  test('shows the values of each live worker', () => {
    const { exporter, status } = started()
    for (const forkNumber of [1, 2, 3, 4]) exporter.apply(forked(forkNumber))
    for (const forkNumber of [1, 2, 3])
      exporter.report(forkNumber, serving(forkNumber, forkNumber).report())
    exporter.apply({ kind: 'leaving', forkNumber: 2, at: Date.now() })
    exporter.apply(killed(3))
    const shown = status().workers.map(({ pid, state, requests, memoryBytes }) => [
      pid,
      state,
      requests,
      memoryBytes,
    ])
    assert.deepEqual(shown, [
      [4_001, 'running', 1, 1_000_000],
      [4_002, 'quit', 2, 2_000_000],
      [4_004, 'running', null, null],
    ])
    assert.equal(status().workers[2]?.['reportAgeSeconds'], null)
  })

  test('shows the last stateLimits.deaths deaths', () => {
    const { exporter, status } = started()
    for (let forkNumber = 1; forkNumber <= stateLimits.deaths + 2; forkNumber += 1) {
      exporter.apply(forked(forkNumber))
      exporter.apply(killed(forkNumber))
    }
    const pids = status().deaths.map(({ pid }) => pid)
    assert.equal(pids.length, stateLimits.deaths)
    assert.deepEqual([pids[0], pids.at(-1)], [4_003, 4_000 + stateLimits.deaths + 2])
  })

  test('shows null for a value that is not a number', () => {
    const { exporter, status } = started()
    exporter.apply(forked(1))
    const memory = descriptorOf(catalog.memory)
    exporter.report(1, new ReportingSource(1).set(memory, {}, Number.NaN).report())
    assert.equal(status().workers[0]?.['memoryBytes'], null)
  })
})

describe('The own metrics of an exporter', () => {
  test('exist before the first event', () => {
    const { page } = started()
    assert.equal(sum(page(), 'gunicorn_exporter_scrapes_total', { status_code: '200' }), 0)
    assert.equal(sum(page(), 'gunicorn_exporter_reports_total', { result: 'accepted' }), 0)
    assert.equal(sum(page(), 'gunicorn_exporter_series'), 0)
    assert.ok(sum(page(), 'gunicorn_exporter_scrape_seconds_total') > 0)
  })

  test('count scrapes by status and faults by part', () => {
    const { exporter, page } = started()
    for (const status of [200, 200, 503]) exporter.endpointMetrics.countScrape(status)
    for (const part of ['bind', 'bind', 'report']) exporter.countFault(part)
    assert.equal(sum(page(), 'gunicorn_exporter_scrapes_total', { status_code: '200' }), 2)
    assert.equal(sum(page(), 'gunicorn_exporter_scrapes_total', { status_code: '503' }), 1)
    assert.deepEqual(faultsIn(page()), { exporter_bind: 2, exporter_report: 1 })
  })

  test('appear beside metrics of workers with the same name', () => {
    const { exporter, page, status } = started()
    const faults = descriptor({ name: 'gunicorn_exporter_faults_total', scope: ownScope })
    const source = new ReportingSource(1).set(faults, { component: 'report' }, 2)
    exporter.report(1, source.set(faults, { component: 'http' }, 1).report())
    exporter.countFault('report')
    const all = { report: 2, http: 1, exporter_report: 1 }
    assert.deepEqual(faultsIn(page()), all)
    assert.deepEqual(status().exporter.faults, all)
  })

  test('count series that are left out, by reason', () => {
    const { exporter, page } = started()
    exporter.report(1, new ReportingSource(1).set(counter, {}, 1).report())
    const other: Descriptor = { ...counter, kind: 'gauge' }
    const source = new ReportingSource(2).set(other, {}, 1)
    const clash = descriptor({ name: 'orders_total', kind: 'gauge' })
    const repeated = descriptor({ name: 'jobs', kind: 'gauge' })
    source.set(repeated, { 'a.b': 'x' }, 1).set(repeated, { a_b: 'x' }, 2)
    exporter.report(2, source.set(clash, {}, 1).report())
    // Clashes appear when a page is rendered, and count once for all pages.
    for (let count = 0; count < 3; count += 1) page()
    const dropped = (limit: string): number =>
      sum(page(), 'gunicorn_exporter_dropped_series_total', { reason: limit })
    assert.equal(dropped('conflicting_descriptor'), 1)
    assert.equal(dropped('name_clash'), 1)
    assert.equal(dropped('label_clash'), 1)
  })

  function faultsIn(samples: readonly Sample[]): Record<string, number> {
    const counted = select(samples, 'gunicorn_exporter_faults_total')
    return Object.fromEntries(counted.map(({ labels, value }) => [labels['component'], value]))
  }
})

interface Started {
  readonly exporter: Exporter
  /** The current samples, from valid pages in both formats. */
  readonly page: () => Sample[]
  readonly status: () => Status
  readonly resyncs: readonly number[]
  readonly deaths: readonly Death[]
  /** Sets the kernel's count of all kills. */
  readonly countKills: (count: number) => void
  /** Milliseconds of the exporter's monotonic clock. */
  readonly time: { now: number }
}

interface Status {
  readonly version: string
  readonly uptimeSeconds: number
  readonly exporter: { readonly faults: unknown }
  readonly workers: readonly Readonly<Record<string, unknown>>[]
  readonly deaths: readonly Death[]
}

function started(given: Partial<ExporterSettings> = {}): Started {
  const resyncs: number[] = []
  const deaths: Death[] = []
  const oomCounterFile = join(mkdtempSync(join(directory, 'cgroup-')), 'memory.events')
  const countKills = (count: number): void =>
    writeFileSync(oomCounterFile, `oom 0\noom_kill ${count}\n`)
  countKills(0)
  const base = {
    workersDirectory: workersDirectoryIn(directory),
    cleanupDbFiles: true,
    keepWorkerId: false,
    mergeRules: [],
    maxSeries: stateLimits.series,
    resource: {},
    retentionMs: stateLimits.retentionMs,
    takesStacks: false,
  } as const
  const time = { now: 0 }
  const exporter = new Exporter({
    now: () => time.now,
    settings: { ...base, usesSlots: false, ...given },
    resync: (forkNumber) => resyncs.push(forkNumber),
    onDeath: (death) => deaths.push(death),
    epochSeconds: 1_700_000_000,
    push: undefined,
    share: undefined,
    oomCounterFile,
  })
  const rendered = (format: Format): string => {
    const { text } = textPage(exporter.page(format))
    assert.deepEqual(faultsOf(text, format), [])
    return text
  }
  const page = (): Sample[] => {
    rendered('openmetrics')
    return parsePage(rendered('prometheus'))
  }
  const status = (): Status => JSON.parse(exporter.status(3, 'shown'))
  return { exporter, page, status, resyncs, deaths, countKills, time }
}

function forked(forkNumber: number, at = Date.now()): ClusterEvent {
  return { kind: 'forked', forkNumber, at, pid: 4_000 + forkNumber }
}

function ended(forkNumber: number, { code }: { code: number }): ClusterEvent {
  return { kind: 'ended', forkNumber, at: Date.now(), code, signal: null, voluntary: false }
}

function killed(forkNumber: number, more: Partial<Ended> = {}): ClusterEvent {
  const [at, signal] = [Date.now(), 'SIGKILL']
  return { kind: 'ended', forkNumber, at, code: null, signal, voluntary: false, ...more }
}

/** The reports of a worker after some requests. */
function serving(forkNumber: number, requests = 5): ReportingSource {
  return new ReportingSource(forkNumber)
    .set(descriptorOf(catalog.requests), {}, requests)
    .set(descriptorOf(catalog.memory), {}, forkNumber * 1_000_000)
    .set(descriptorOf(catalog.cpu), {}, 12.5)
    .set(descriptorOf(catalog.eventLoopDelay), {}, 0.25)
}

function descriptor(given: Partial<Descriptor> & { name: string }): Descriptor {
  return { kind: 'counter', unit: '', description: '', scope: 'app', ...given }
}

test('An exporter shows metrics of the application’s own SDK, and does not push these', () => {
  const { exporter, page } = started()
  exporter.apply({ kind: 'forked', forkNumber: 1, pid: 4_001, at: Date.now() })
  const descriptor: Descriptor = {
    name: 'orders',
    kind: 'counter',
    unit: '',
    description: '',
    scope: 'shop',
  }
  const worker = new ReportingSource(1).set(descriptor, {}, 3)
  exporter.report(1, worker.report())
  const pushed = (): string[] => exporter.collect().map(({ scope }) => scope.name)
  assert.deepEqual(pushed().sort(), [ownScope, 'shop'])
  const sharing = new ReportingSource(1, { hasOwnSdk: true }).set(descriptor, {}, 4)
  exporter.report(1, sharing.report())
  assert.deepEqual(pushed(), [ownScope])
  assert.equal(sum(page(), 'orders_total'), 4)
})
