import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Settings } from '../../src/config/settings.ts'
import { Exporter } from '../../src/export/exporter.ts'
import { limits } from '../../src/limits.ts'
import { ownScope } from '../../src/model/catalog.ts'
import type { ClusterEvent } from '../../src/model/cluster-event.ts'
import type { Descriptor } from '../../src/model/metric.ts'
import { LastReports } from '../../src/relay/last-report.ts'
import { type Format, faultsOf } from '../support/exposition.ts'
import { parsePage, type Sample, select, sum } from '../support/page.ts'
import { ReportingSource } from '../support/reporting-source.ts'

const counter = descriptor({ name: 'orders' })
const gauge = descriptor({ name: 'depth', kind: 'gauge' })
const primaryPid = 4_711
const directory = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-test-'))

after(() => rmSync(directory, { recursive: true }))

describe('reports', () => {
  test('are on the page at once, and counted by outcome and size', () => {
    const { exporter, page } = started()
    const first = new ReportingSource(1).set(counter, {}, 5)
    const text = first.report()
    exporter.report(1, text)
    exporter.report(2, 'nonsense')
    exporter.report(3, undefined)
    assert.equal(sum(page(), 'orders_total'), 5)
    const outcome = (name: string): number =>
      sum(page(), 'gunicorn_exporter_reports_total', { outcome: name })
    assert.equal(outcome('accepted'), 1)
    assert.equal(outcome('refused'), 2)
    const size = (text?.length ?? 0) + 'nonsense'.length
    assert.equal(sum(page(), 'gunicorn_exporter_report_bytes_total'), size)
  })

  test('out of sequence are asked for again, from the one whose they are', () => {
    const { exporter, page, resyncs } = started()
    const [first, second] = [new ReportingSource(1), new ReportingSource(2)]
    for (const source of [first, second]) {
      exporter.report(source.source.age, source.set(counter, {}, 1).report())
    }
    second.set(counter, {}, 2).report()
    exporter.report(2, second.set(counter, {}, 3).report())
    assert.deepEqual(resyncs, [2])
    assert.equal(sum(page(), 'orders_total'), 2)
    exporter.report(2, second.startOver().report())
    assert.equal(sum(page(), 'orders_total'), 4)
    assert.deepEqual(resyncs, [2])
  })
})

describe('while nobody scrapes', () => {
  test('ended workers beyond their number are forgotten, and who was short of room is asked again', () => {
    const { exporter, page, resyncs } = started()
    const perWorker = limits.series / (limits.retainedWorkers - 10)
    const crowded = (age: number): ReportingSource => {
      const source = new ReportingSource(age)
      for (let item = 0; item < perWorker; item += 1) source.set(gauge, { item }, 1)
      return source
    }
    const late = new ReportingSource(1_000).set(gauge, {}, 7)
    for (let age = 1; age < limits.retainedWorkers; age += 1) {
      exporter.apply(forked(age))
      exporter.report(age, crowded(age).report())
      exporter.apply(ended(age, { code: 1 }))
    }
    exporter.apply(forked(1_000))
    exporter.report(1_000, late.report())
    assert.equal(select(page(), 'depth', { worker_id: 'worker_1000_1700001000' }).length, 0)
    assert.deepEqual(resyncs, [])
    for (let age = 200; age < 210; age += 1) {
      exporter.apply(forked(age))
      exporter.apply(ended(age, { code: 1 }))
    }
    assert.deepEqual(resyncs, [1_000])
    exporter.report(1_000, late.startOver().report())
    assert.equal(sum(page(), 'depth', { worker_id: 'worker_1000_1700001000' }), 7)
    const surplus = { limit: 'retained workers' }
    assert.equal(sum(page(), 'gunicorn_exporter_dropped_series_total', surplus), 9)
  })
})

describe('a worker that ends', () => {
  test('leaves its counts, and its end is counted', () => {
    const { exporter, page } = started()
    exporter.apply(forked(1))
    exporter.report(1, new ReportingSource(1).set(counter, {}, 5).set(gauge, {}, 7).report())
    exporter.apply(ended(1, { code: 1 }))
    assert.equal(sum(page(), 'orders_total'), 5)
    assert.equal(sum(page(), 'depth', { worker_id: 'worker_1_1700000001' }), 7)
    assert.equal(sum(page(), 'gunicorn_worker_restart_total', { reason: 'error' }), 1)
    assert.equal(select(page(), 'gunicorn_worker_report_age_seconds').length, 0)
  })

  test('may have left a last report in a file, which is taken once', () => {
    const { exporter, page } = started()
    const source = new ReportingSource(1).set(counter, {}, 5)
    exporter.apply(forked(1))
    exporter.report(1, source.report())
    const reports = new LastReports(directory, primaryPid)
    reports.prepare()
    reports.leave(1, source.set(counter, {}, 8).report() ?? '')
    exporter.apply(ended(1, { code: 0 }))
    assert.equal(sum(page(), 'orders_total'), 8)
    assert.equal(reports.take(1), undefined)
  })

  test('in a slot gives its place to another, whose counts go on', () => {
    const { exporter, page } = started({ workerIds: 'slot' })
    const requests = descriptor({ name: 'gunicorn_worker_requests_total', scope: ownScope })
    for (const age of [1, 2, 3]) {
      exporter.apply(forked(age))
      exporter.report(age, new ReportingSource(age).set(requests, {}, age).report())
      if (age < 3) exporter.apply(ended(age, { code: 1 }))
    }
    const worker = { worker_id: 'worker_1' }
    assert.equal(sum(page(), 'gunicorn_worker_requests_total', worker), 6)
    assert.equal(sum(page(), 'gunicorn_worker_restart_total', { ...worker, reason: 'error' }), 2)
  })
})

describe('what the exporter knows of itself', () => {
  test('is there before anything has happened', () => {
    const { page } = started()
    assert.equal(sum(page(), 'gunicorn_exporter_scrapes_total', { status_code: '200' }), 0)
    assert.equal(sum(page(), 'gunicorn_exporter_reports_total', { outcome: 'accepted' }), 0)
    assert.equal(sum(page(), 'gunicorn_exporter_series'), 0)
    assert.ok(sum(page(), 'gunicorn_exporter_scrape_seconds_total') > 0)
  })

  test('scrapes by status, faults by part', () => {
    const { exporter, page } = started()
    for (const status of [200, 200, 503]) exporter.countScrape(status)
    for (const part of ['bind', 'bind', 'report']) exporter.countFault(part)
    assert.equal(sum(page(), 'gunicorn_exporter_scrapes_total', { status_code: '200' }), 2)
    assert.equal(sum(page(), 'gunicorn_exporter_scrapes_total', { status_code: '503' }), 1)
    assert.deepEqual(faultsIn(page()), { 'exporter bind': 2, 'exporter report': 1 })
  })

  test('stands beside what its workers know of themselves under the same name', () => {
    const { exporter, page } = started()
    const faults = descriptor({ name: 'gunicorn_exporter_faults_total', scope: ownScope })
    const source = new ReportingSource(1).set(faults, { part: 'report' }, 2)
    exporter.report(1, source.set(faults, { part: 'http' }, 1).report())
    exporter.countFault('report')
    assert.deepEqual(faultsIn(page()), { report: 2, http: 1, 'exporter report': 1 })
  })

  test('what was left out, by limit', () => {
    const { exporter, page } = started()
    exporter.report(1, new ReportingSource(1).set(counter, {}, 1).report())
    const other: Descriptor = { ...counter, kind: 'gauge' }
    const source = new ReportingSource(2).set(other, {}, 1)
    const clash = descriptor({ name: 'orders_total', kind: 'gauge' })
    const twin = descriptor({ name: 'jobs' })
    source.set(twin, { 'a.b': 'x' }, 1).set(twin, { a_b: 'x' }, 2)
    exporter.report(2, source.set(clash, {}, 1).report())
    // Clashes show when a page is made, and however many are made.
    for (let count = 0; count < 3; count += 1) page()
    const dropped = (limit: string): number =>
      sum(page(), 'gunicorn_exporter_dropped_series_total', { limit })
    assert.equal(dropped('conflicting descriptor'), 1)
    assert.equal(dropped('name clash'), 1)
    assert.equal(dropped('label clash'), 1)
  })

  function faultsIn(samples: readonly Sample[]): Record<string, number> {
    const counted = select(samples, 'gunicorn_exporter_faults_total')
    return Object.fromEntries(counted.map(({ labels, value }) => [labels['part'], value]))
  }
})

interface Started {
  readonly exporter: Exporter
  /** Its samples now, from pages in both formats that are well formed. */
  readonly page: () => Sample[]
  readonly resyncs: readonly number[]
}

function started(given: Partial<Settings> = {}): Started {
  const resyncs: number[] = []
  const base = { host: '127.0.0.1', port: 0, multiprocDir: directory, keepWorkerId: false } as const
  const exporter = new Exporter({
    settings: { ...base, workerIds: 'age', ...given },
    primaryPid,
    resync: (age) => resyncs.push(age),
  })
  const rendered = (format: Format): string => {
    const text = exporter.page(format)
    assert.deepEqual(faultsOf(text, format), [])
    return text
  }
  const page = (): Sample[] => {
    rendered('openmetrics')
    return parsePage(rendered('prometheus'))
  }
  return { exporter, page, resyncs }
}

function forked(age: number): ClusterEvent {
  return { kind: 'forked', age, at: Date.now() }
}

function ended(age: number, { code }: { code: number }): ClusterEvent {
  return { kind: 'ended', age, at: Date.now(), code, signal: null, voluntary: false }
}

function descriptor(given: Partial<Descriptor> & { name: string }): Descriptor {
  return { kind: 'counter', unit: '', description: '', scope: 'app', ...given }
}
