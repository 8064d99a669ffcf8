import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../../src/limits/state.ts'
import { ProcessReadings, type ProcessView } from '../../../src/state/workers/process-readings.ts'
import { pageSize } from '../../../src/support/process/page-size.ts'
import type { ProcessStat } from '../../../src/support/process/process-stat.ts'

const interval = stateLimits.processReadingMs

describe('The readings of a process', () => {
  test('have the use of the processor between two readings', () => {
    const { shown, change } = started()
    assert.equal(cpuOf(shown(5_000)), undefined)
    change({ userSeconds: 11.5, systemSeconds: 2.25 })
    assert.equal(cpuOf(shown(6_000)), 175)
    assert.equal(cpuOf(shown(7_000)), 0)
  })

  test('have the memory, the state and the counters of the last reading', () => {
    const { shown, change } = started()
    change({ state: 'D', rssPages: 10 })
    assert.deepEqual(shown(0), {
      processState: 'D',
      cpuPercent: undefined,
      userSeconds: 10,
      systemSeconds: 2,
      memoryBytes: 10 * (pageSize() ?? Number.NaN),
    })
  })

  test('happen at most once in stateLimits.processReadingMs, however often they are asked', () => {
    const { shown, change, reads } = started()
    // One reading finds out whether the system shows the process.
    assert.equal(reads(), 1)
    const first = shown(0)
    change({ state: 'T' })
    for (let now = 1; now < interval; now += 100) assert.equal(shown(now), first)
    assert.equal(reads(), 2)
    assert.notEqual(shown(interval), first)
    assert.equal(reads(), 3)
  })

  test('have no use of the processor after a long time without a reading', () => {
    const { shown, change } = started()
    shown(0)
    change({ userSeconds: 20 })
    assert.equal(cpuOf(shown(2 * interval + 1)), undefined)
    change({ userSeconds: 20.5 })
    assert.equal(cpuOf(shown(3 * interval + 1)), 50)
  })

  const ends: Record<string, Partial<ProcessStat> | undefined> = {
    'that has ended': undefined,
    'that is a zombie': { state: 'Z' },
    'that is dead': { state: 'X' },
    'whose memory the kernel has freed': { rssPages: 0 },
    'whose pid another process has': { startTicks: '778' },
  }
  for (const [title, stat] of Object.entries(ends)) {
    test(`show that a process is gone ${title}`, () => {
      const { shown, change } = started()
      assert.equal(stateOf(shown(0)), 'R')
      change(stat)
      assert.equal(shown(interval), 'gone')
    })
  }

  test('are hidden without a start time, and then read nothing', () => {
    const { shown, reads } = started({ startTicks: undefined })
    assert.equal(shown(0), 'hidden')
    assert.equal(shown(interval), 'hidden')
    assert.equal(reads(), 0)
  })

  test('are hidden where the system shows no such process from the start', () => {
    const { shown, change, reads } = started({ isHidden: true })
    assert.equal(shown(0), 'hidden')
    // Another process of another pid namespace: the pid is the same, the start is not.
    change({ startTicks: '778' })
    assert.equal(shown(interval), 'hidden')
    assert.equal(reads(), 1)
  })
})

interface Started {
  readonly shown: (now: number) => ProcessView
  /** Changes fields of the next readings. Undefined: the process is gone. */
  readonly change: (fields: Partial<ProcessStat> | undefined) => void
  readonly reads: () => number
}

function started(given: { startTicks?: undefined; isHidden?: true } = {}): Started {
  const base = { state: 'R', userSeconds: 10, systemSeconds: 2, startTicks: '777', rssPages: 3 }
  let stat: ProcessStat | undefined = given.isHidden ? undefined : base
  let reads = 0
  const readings = new ProcessReadings({
    pid: 4_711,
    startTicks: 'startTicks' in given ? undefined : '777',
    readStat: (pid) => {
      assert.equal(pid, 4_711)
      reads += 1
      return stat
    },
  })
  return {
    shown: (now) => readings.at(now),
    change: (fields) => {
      stat = fields && { ...base, ...stat, ...fields }
    },
    reads: () => reads,
  }
}

function cpuOf(view: ProcessView): number | undefined {
  assert.ok(typeof view === 'object')
  return view.cpuPercent
}

function stateOf(view: ProcessView): string {
  return typeof view === 'object' ? view.processState : view
}
