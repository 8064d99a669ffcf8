import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CrashFiles } from '../../../src/crash-file/store.ts'
import { stateLimits } from '../../../src/limits/state.ts'
import type { ClusterEvent } from '../../../src/model/cluster-event.ts'
import { ClusterState } from '../../../src/state/cluster-state.ts'
import type { LostCounts } from '../../../src/state/cluster-state-options.ts'
import { UnreadEnds } from '../../../src/state/ends/unread-ends.ts'
import { ReportingSource } from '../../support/reporting-source.ts'

describe('UnreadEnds', () => {
  test('keeps an end for a limited time, which a second attempt does not extend', () => {
    let now = 0
    const ends = new UnreadEnds(() => now)
    assert.ok(ends.add(ended(1)))
    now = stateLimits.unreadEndMs
    assert.ok(ends.add(ended(1)))
    assert.deepEqual(ends.all(), [ended(1)])
    now += 1
    assert.ok(!ends.add(ended(1)))
  })

  test('keeps a limited number of ends, oldest first', () => {
    const ends = new UnreadEnds(() => 0)
    for (let forkNumber = 1; forkNumber <= stateLimits.unreadEnds; forkNumber += 1)
      assert.ok(ends.add(ended(forkNumber)))
    assert.ok(!ends.add(ended(0)))
    assert.ok(ends.add(ended(1)))
    ends.delete(1)
    assert.ok(ends.add(ended(0)))
    assert.deepEqual(ends.all()[0], ended(2))
    assert.equal(ends.all().length, stateLimits.unreadEnds)
  })
})

describe('A worker whose crash file cannot be read now ends', () => {
  test('when the file can be read', () => {
    const { state, allow, deaths } = withUnreadableFile()
    state.apply(ended(1))
    state.checkSilence()
    assert.deepEqual(deaths(), [])
    allow()
    state.checkSilence()
    assert.deepEqual(deaths(), [1])
  })

  test('before its replacement begins', () => {
    const { state, allow } = withUnreadableFile()
    state.apply(ended(1))
    allow()
    state.apply(forked(2))
    assert.deepEqual(
      state.workers().map(({ workerId }) => workerId),
      ['worker_1'],
    )
  })

  test('before a page shows the totals', () => {
    const { state, allow, deaths } = withUnreadableFile()
    state.apply(ended(1))
    allow()
    state.metrics()
    assert.deepEqual(deaths(), [1])
  })

  test('after a minute, and the lost counts are told', () => {
    const { state, pass, deaths, losses } = withUnreadableFile()
    state.report(1, new ReportingSource(1, { pid: 1 }).report())
    state.apply(ended(1))
    pass(stateLimits.unreadEndMs)
    state.checkSilence()
    assert.deepEqual([deaths(), losses], [[], []])
    pass(1)
    state.checkSilence()
    assert.deepEqual(deaths(), [1])
    assert.deepEqual(
      losses.map(({ result }) => result),
      ['unreadable'],
    )
  })
})

function withUnreadableFile() {
  let now = 0
  let result: ReturnType<CrashFiles['take']> = 'unreadable'
  const losses: LostCounts[] = []
  const forkNumbers: number[] = []
  const state = new ClusterState({
    usesSlots: true,
    keepWorkerId: false,
    maxSeries: stateLimits.series,
    lastReports: undefined,
    // A test cannot take the descriptors of its own process.
    crashFiles: { take: () => result } as unknown as CrashFiles,
    oomCounterFile: undefined,
    epochSeconds: 1_700_000_000,
    resync: () => {},
    onDeath: ({ pid }) => void forkNumbers.push(Number(pid)),
    onLostCounts: (lost) => void losses.push(lost),
    now: () => now,
  })
  state.apply(forked(1))
  return {
    state,
    losses,
    deaths: () => forkNumbers,
    allow: () => {
      result = 'missing'
    },
    pass: (ms: number) => {
      now += ms
    },
  }
}

function forked(forkNumber: number): ClusterEvent {
  return { kind: 'forked', forkNumber, at: 0, pid: forkNumber }
}

function ended(forkNumber: number): Extract<ClusterEvent, { kind: 'ended' }> {
  return { kind: 'ended', forkNumber, at: 0, code: null, signal: 'SIGKILL', voluntary: false }
}
