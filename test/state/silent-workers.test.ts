import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../src/limits/state.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { type Declaration, descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Death } from '../../src/model/death.ts'
import type { Attributes, Descriptor, HistogramValue, Value } from '../../src/model/metric.ts'
import { ClusterState } from '../../src/state/cluster-state.ts'
import { pageSize } from '../../src/support/process/page-size.ts'
import type { ProcessStat } from '../../src/support/process/process-stat.ts'
import { ReportingSource } from '../support/reporting-source.ts'

const interval = stateLimits.processReadingMs
const silence = stateLimits.hangAfterMs
const queue: Descriptor = {
  name: 'queue',
  kind: 'gauge',
  unit: '',
  description: '',
  scope: 'shop',
}

describe('The gauges of a silent worker', () => {
  test('have the figures of the kernel, and the silence as the delay', () => {
    const { show, pass, change } = started()
    pass(silence)
    change({ userSeconds: 11 })
    pass(interval)
    assert.equal(show(catalog.memory), 100 * (pageSize() ?? Number.NaN))
    assert.equal(show(catalog.cpu), 100)
    assert.equal(show(catalog.eventLoopDelay), (silence + interval) / 1_000)
    assert.equal(show(catalog.eventLoopUtilization), 1)
    assert.equal(show(catalog.uptime), (silence + interval) / 1_000)
  })

  test('are absent where only the worker can tell, until the next report', () => {
    const { show, pass, report } = started()
    assert.equal(show(catalog.connections), 7)
    pass(silence)
    assert.equal(show(catalog.connections), undefined)
    assert.equal(show(catalog.openFds), undefined)
    assert.equal(show(catalog.cpu), undefined)
    report()
    assert.equal(show(catalog.connections), 7)
    assert.equal(show(catalog.cpu), 0.3)
  })

  test('stay where they are constant, and where the application keeps them', () => {
    const { show, pass, value } = started()
    pass(silence)
    assert.equal(show(catalog.startTime), 1_700_000_001)
    assert.equal(show(catalog.heapLimit), 4e9)
    assert.equal(value('queue', {}), 3)
  })

  test('are absent, but for the delay, where the system shows no processes', () => {
    const { show, pass, value, id } = started({ isHidden: true })
    pass(silence + 5 * interval)
    assert.equal(value(catalog.state.name, { worker_id: id, state: 'hanging' }), 1)
    for (const each of [catalog.memory, catalog.cpu, catalog.eventLoopUtilization])
      assert.equal(show(each), undefined, each.name)
    assert.equal(show(catalog.eventLoopDelay), (silence + 5 * interval) / 1_000)
  })

  test('have no utilization while the worker is stopped', () => {
    const { show, pass, change, value, id } = started()
    change({ state: 'T' })
    pass(silence + interval)
    assert.equal(value(catalog.state.name, { worker_id: id, state: 'stopped' }), 1)
    assert.equal(show(catalog.eventLoopUtilization), undefined)
    assert.equal(show(catalog.cpu), 0)
  })

  test('are absent after the process has ended', () => {
    const { show, pass, change, value, id } = started()
    change({ state: 'Z' })
    pass(silence + interval)
    assert.equal(value(catalog.state.name, { worker_id: id, state: 'running' }), 1)
    const all = [catalog.memory, catalog.cpu, catalog.eventLoopDelay, catalog.uptime]
    for (const each of all) assert.equal(show(each), undefined, each.name)
  })
})

describe('The CPU time of a silent worker', () => {
  test('follows the kernel, and never falls when a late report arrives', () => {
    const { show, pass, change, report } = started()
    assert.equal(show(catalog.cpuSeconds, { mode: 'user' }), 10.004)
    pass(silence)
    assert.equal(show(catalog.cpuSeconds, { mode: 'user' }), 10.004)
    change({ userSeconds: 15 })
    pass(interval)
    assert.equal(show(catalog.cpuSeconds, { mode: 'user' }), 15)
    assert.equal(show(catalog.cpuSeconds, { mode: 'system' }), 2)
    // Collected before the reading, and sent after it.
    report({ user: 12 })
    assert.equal(show(catalog.cpuSeconds, { mode: 'user' }), 15)
    report({ user: 15.5 })
    assert.equal(show(catalog.cpuSeconds, { mode: 'user' }), 15.5)
  })

  test('stays in the totals when the worker is killed', () => {
    const { show, pass, change, kill } = started()
    pass(silence)
    change({ userSeconds: 15 })
    pass(interval)
    kill()
    assert.equal(show(catalog.cpuSeconds, { mode: 'user' }), 15)
  })
})

describe('The end of a hung worker', () => {
  test('adds its last stall to the delays and to the active time of the event loop', () => {
    const { show, pass, kill, deaths } = started()
    pass(silence + 2_000)
    kill()
    const seconds = (silence + 2_000) / 1_000
    assert.equal(deaths[0]?.hang?.seconds, seconds)
    const delays = show(catalog.eventLoopDelays) as HistogramValue
    assert.deepEqual([delays.count, delays.sum], [4, 0.03 + seconds])
    const bounds = catalog.eventLoopDelays.bounds ?? []
    assert.equal(delays.counts[bounds.findIndex((bound) => bound >= seconds)], 1)
    assert.equal(show(catalog.eventLoopSeconds, { state: 'active' }), 1 + seconds)
    assert.equal(show(catalog.eventLoopSeconds, { state: 'idle' }), 9)
  })

  test('adds a stall of each length to one bucket', () => {
    const { show, pass, kill } = started()
    pass(70_000)
    kill()
    const delays = show(catalog.eventLoopDelays) as HistogramValue
    assert.equal(delays.counts.at(-1), 1)
  })

  test('adds nothing for a worker that reported until its end', () => {
    const { show, kill } = started()
    kill()
    assert.equal((show(catalog.eventLoopDelays) as HistogramValue).count, 3)
    assert.equal(show(catalog.eventLoopSeconds, { state: 'active' }), 1)
  })

  test('adds the time of a stopped worker to the delays only', () => {
    const { show, pass, kill, change } = started()
    change({ state: 'T' })
    pass(silence)
    kill()
    assert.equal((show(catalog.eventLoopDelays) as HistogramValue).count, 4)
    assert.equal(show(catalog.eventLoopSeconds, { state: 'active' }), 1)
  })
})

interface Started {
  readonly id: string
  readonly deaths: readonly Death[]
  /** Lets time pass, with checks. */
  readonly pass: (ms: number) => void
  readonly change: (fields: Partial<ProcessStat>) => void
  readonly report: (given?: { readonly user?: number }) => void
  readonly kill: () => void
  readonly value: (name: string, labels: Attributes) => Value | undefined
  /** The worker's value of a metric of the catalogue. */
  readonly show: (declaration: Declaration, labels?: Attributes) => Value | undefined
}

function started({ isHidden = false } = {}): Started {
  let stat: ProcessStat = {
    state: 'R',
    userSeconds: 10,
    systemSeconds: 2,
    startTicks: '55',
    rssPages: 100,
  }
  const time = { now: 0 }
  const deaths: Death[] = []
  const state = new ClusterState({
    usesSlots: false,
    keepWorkerId: false,
    mergeRules: [],
    maxSeries: 1_000,
    lastReports: undefined,
    crashFiles: undefined,
    oomCounterFile: undefined,
    epochSeconds: 1_700_000_000,
    resync: () => assert.fail('resync'),
    onDeath: (death) => deaths.push(death),
    now: () => time.now,
    unixNow: () => 1_700_000_001_000 + time.now,
    readStat: () => (isHidden ? undefined : stat),
  })
  const source = new ReportingSource(1, { startTicks: '55' })
  const report: Started['report'] = ({ user = 10.004 } = {}) => {
    const gauges: [Declaration, number][] = [
      [catalog.memory, 1],
      [catalog.cpu, 0.3],
      [catalog.eventLoopDelay, 0.005],
      [catalog.eventLoopUtilization, 0.01],
      [catalog.connections, 7],
      [catalog.openFds, 20],
      [catalog.heapLimit, 4e9],
      [catalog.startTime, 1_700_000_001],
      // Each report differs.
      [catalog.uptime, 100 + time.now + user],
    ]
    for (const [declaration, number] of gauges) source.set(descriptorOf(declaration), {}, number)
    const counts = (catalog.eventLoopDelays.bounds ?? []).map(() => 0)
    source
      .set(queue, {}, 3)
      .set(descriptorOf(catalog.cpuSeconds), { mode: 'user' }, user)
      .set(descriptorOf(catalog.cpuSeconds), { mode: 'system' }, 2)
      .set(descriptorOf(catalog.eventLoopSeconds), { state: 'active' }, 1)
      .set(descriptorOf(catalog.eventLoopSeconds), { state: 'idle' }, 9)
      .set(
        descriptorOf(catalog.eventLoopDelays),
        {},
        { count: 3, sum: 0.03, counts: [3, ...counts] },
      )
    state.report(1, source.report() ?? assert.fail('nothing changed'))
  }
  const value: Started['value'] = (name, labels) => {
    const points = state.metrics().flatMap(({ descriptor, points: all }) => {
      return descriptor.name === name ? all : []
    })
    const found = points.filter(({ attributes }) =>
      Object.entries(labels).every(([key, label]) => attributes[key] === label),
    )
    assert.ok(found.length < 2, `${name} has ${found.length} points`)
    return found[0]?.value
  }
  state.apply({ kind: 'forked', forkNumber: 1, at: 1_700_000_001_000, pid: 4_001 })
  report()
  state.apply({ kind: 'listening', forkNumber: 1 })
  state.checkSilence()
  const id = 'worker_1_1700000001'
  return {
    id,
    deaths,
    report,
    value,
    pass(ms) {
      for (const end = time.now + ms; time.now < end; ) {
        time.now += Math.min(stateLimits.silenceCheckMs, end - time.now)
        state.checkSilence()
      }
    },
    change: (fields) => {
      stat = { ...stat, ...fields }
    },
    kill: () =>
      state.apply({
        kind: 'ended',
        forkNumber: 1,
        at: 1_700_000_001_000 + time.now,
        code: null,
        signal: 'SIGKILL',
        voluntary: false,
      }),
    show: (declaration, labels = {}) => value(declaration.name, { worker_id: id, ...labels }),
  }
}
