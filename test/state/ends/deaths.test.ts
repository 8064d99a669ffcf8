import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../../src/limits/state.ts'
import type { Death } from '../../../src/model/death.ts'
import { Deaths, deathOf } from '../../../src/state/ends/deaths.ts'
import { lastValuesOf } from '../../../src/state/workers/last-values.ts'

const at = 1_700_000_093_000
const snapshot = {
  forkNumber: 3,
  workerId: 'worker_3_1700000000',
  pid: 4_711,
  state: 'running',
  stateSince: 1_700_000_000,
  listening: true,
  ageSeconds: 93,
  reportAgeSeconds: 0.4,
  silentSeconds: 0.4,
  silence: undefined,
} as const
const lastValues = {
  requests: 1_042,
  memoryBytes: 85_000_000,
  cpuPercent: 12,
  eventLoopDelayMaxSeconds: 0.02,
}
const known = { snapshot, values: lastValues, error: undefined, stack: null }
const killed = {
  kind: 'ended',
  forkNumber: 3,
  at,
  code: null,
  signal: 'SIGKILL',
  voluntary: false,
} as const

describe('the record of a death', () => {
  test('contains the end, the snapshot and the last values of the worker', () => {
    assert.deepEqual(deathOf(killed, known), {
      workerId: 'worker_3_1700000000',
      pid: 4_711,
      reason: 'sigkill',
      certainty: 'certain',
      restartType: 'forced',
      exitCode: null,
      signal: 'SIGKILL',
      ageSeconds: 93,
      ...lastValues,
      reportAgeSeconds: 0.4,
      error: null,
      hang: null,
      endedAt: '2023-11-14T22:14:53.000Z',
    })
  })

  test('has the memory of a kernel reading after the last report', () => {
    const { memoryBytes } = deathOf(killed, { ...known, memoryRead: 190_000_000 })
    assert.equal(memoryBytes, 190_000_000)
  })

  const figures = {
    processState: 'R',
    cpuPercent: 99.8,
    userSeconds: 30,
    systemSeconds: 1,
    memoryBytes: 90_000_000,
  }
  const hung = { ...snapshot, reportAgeSeconds: 31.5, silentSeconds: 31.5 }

  test('has the figures of the kernel, and the length of the silence, for a hung worker', () => {
    const silence = { kind: 'hanging', figures } as const
    const death = deathOf(killed, { ...known, snapshot: { ...hung, silence } })
    const standstill = { state: 'hanging', seconds: 31.5, heldBy: null, stack: null }
    assert.deepEqual(death.hang, standstill)
    assert.deepEqual([death.cpuPercent, death.memoryBytes], [99.8, 90_000_000])
    assert.equal(death.eventLoopDelayMaxSeconds, 31.5)
    assert.equal(death.requests, 1_042)
  })

  test('has no use of the processor for a hung worker without figures of the kernel', () => {
    const silence = { kind: 'hanging', figures: undefined } as const
    const death = deathOf(killed, { ...known, snapshot: { ...hung, silence } })
    assert.deepEqual([death.cpuPercent, death.memoryBytes], [null, 85_000_000])
  })

  test('tells a hang that the master alone noticed, and none of a worker that had ended', () => {
    const timedOut = deathOf({ ...killed, cause: 'timeout' }, known)
    assert.equal(timedOut.hang?.state, 'hanging')
    assert.equal(timedOut.hang.seconds, 0.4)
    const gone = { ...hung, silence: { kind: 'gone' } } as const
    assert.equal(deathOf(killed, { ...known, snapshot: gone }).hang, null)
  })

  test('tells the hang of a worker whose process was gone at the first look', () => {
    const gone = { ...known, snapshot: { ...hung, silence: { kind: 'gone' } } } as const
    const stack = { seconds: 2, heldBy: 'f (a.js:1:2)', stack: 'f (a.js:1:2)' }
    for (const end of [{ ...killed, cause: 'timeout' } as const, killed]) {
      const { hang } = deathOf(end, { ...gone, stack })
      assert.deepEqual(hang, { ...stack, state: 'hanging', seconds: 31.5 })
    }
    assert.equal(deathOf({ ...killed, cause: 'timeout' }, gone).hang?.seconds, 31.5)
  })

  test('has the stack of a hung worker', () => {
    const stack = { seconds: 2, heldBy: 'f (a.js:1:2)', stack: 'f (a.js:1:2)' }
    const { hang } = deathOf(killed, { ...known, stack })
    assert.deepEqual(hang, { ...stack, state: 'hanging', seconds: 0.4 })
  })

  test('contains the cause of the end', () => {
    const { reason, restartType } = deathOf({ ...killed, cause: 'oom' }, known)
    assert.deepEqual([reason, restartType], ['oom', 'crash'])
    const exited = { ...killed, code: 3, signal: null }
    const { exitCode, signal } = deathOf(exited, known)
    assert.deepEqual([exitCode, signal], [3, null])
  })

  test('has null for last values that are no finite number', () => {
    const values: Record<string, number> = {
      gunicorn_worker_requests_total: 5,
      gunicorn_worker_memory_bytes: 7,
      gunicorn_worker_cpu_percent: Number.NaN,
    }
    assert.deepEqual(
      lastValuesOf((name) => values[name]),
      { requests: 5, memoryBytes: 7, cpuPercent: null, eventLoopDelayMaxSeconds: null },
    )
  })
})

describe('the last deaths', () => {
  test('are in order, and at most stateLimits.deaths', () => {
    const deaths = new Deaths()
    for (let forkNumber = 1; forkNumber <= stateLimits.deaths + 3; forkNumber += 1)
      deaths.add(forkNumber, death(forkNumber))
    const ids = Array.from({ length: stateLimits.deaths }, (_, index) => `worker_${index + 4}_1`)
    assert.deepEqual(
      deaths.last.map(({ workerId }) => workerId),
      ids,
    )
  })

  test('stay when the worker’s series disappear', () => {
    const deaths = new Deaths()
    deaths.add(1, death(1))
    deaths.forget(1)
    assert.equal(deaths.last.length, 1)
  })
})

describe('the memory at exit', () => {
  test('appears by worker and reason until the worker is forgotten', () => {
    const deaths = new Deaths()
    deaths.add(1, death(1, { reason: 'sigkill', memoryBytes: 10 }))
    deaths.add(2, death(2, { reason: 'oom', memoryBytes: 20 }))
    assert.deepEqual(shown(deaths), ['worker_1_1 sigkill 10', 'worker_2_1 oom 20'])
    deaths.forget(1)
    deaths.forget(3)
    assert.deepEqual(shown(deaths), ['worker_2_1 oom 20'])
    deaths.forget(2)
    assert.deepEqual(shown(deaths), [])
  })

  test('does not appear for a worker that never reported it', () => {
    const deaths = new Deaths()
    deaths.add(1, death(1, { memoryBytes: null }))
    assert.deepEqual(shown(deaths), [])
  })

  test('of workers that ended in one slot for one reason is the last worker’s', () => {
    const deaths = new Deaths()
    const ends = [
      { forkNumber: 1, reason: 'error', memoryBytes: 10 },
      { forkNumber: 2, reason: 'sigkill', memoryBytes: 20 },
      { forkNumber: 3, reason: 'error', memoryBytes: 30 },
    ]
    for (const { forkNumber, ...end } of ends)
      deaths.add(forkNumber, death(forkNumber, { workerId: 'worker_1', ...end }))
    assert.deepEqual(shown(deaths), ['worker_1 error 30', 'worker_1 sigkill 20'])
    deaths.forget(1)
    assert.deepEqual(shown(deaths).sort(), ['worker_1 error 30', 'worker_1 sigkill 20'])
    deaths.forget(3)
    assert.deepEqual(shown(deaths), ['worker_1 sigkill 20'])
  })

  test('appears for all retained workers, although fewer deaths are kept', () => {
    const deaths = new Deaths()
    for (let forkNumber = 1; forkNumber <= stateLimits.deaths + 3; forkNumber += 1)
      deaths.add(forkNumber, death(forkNumber))
    assert.equal(shown(deaths).length, stateLimits.deaths + 3)
  })
})

function death(forkNumber: number, given: Partial<Death> = {}): Death {
  return { ...deathOf(killed, known), workerId: `worker_${forkNumber}_1`, ...given }
}

function shown(deaths: Deaths): string[] {
  const { descriptor, points } = deaths.metric()
  assert.equal(descriptor.name, 'gunicorn_worker_exit_memory_bytes')
  return points.map(
    ({ attributes, value }) => `${attributes['worker_id']} ${attributes['reason']} ${value}`,
  )
}
