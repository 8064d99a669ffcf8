import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../../src/limits/state.ts'
import type { ClusterEvent } from '../../../src/model/cluster-event.ts'
import type { Attributes } from '../../../src/model/metric.ts'
import { masterReasons } from '../../../src/model/signal.ts'
import type { Source } from '../../../src/relay/report.ts'
import { WorkerRegistry } from '../../../src/state/workers/worker-registry.ts'
import { Random } from '../../support/random.ts'

const start = 1_700_000_000
/** Unix milliseconds of so many seconds after the start. */
const at = (seconds: number): number => (start + seconds) * 1_000

const prefix = 'gunicorn_'

describe('a registry', () => {
  test('has no points before the first event', () => {
    assert.deepEqual(valuesOf(new WorkerRegistry({ slots: false })), {})
  })

  test('shows the metrics of a primary with zeros after the first fork', () => {
    const registry = happened([forked(1)])
    const shown = valuesOf(registry)
    for (const reason of masterReasons) {
      assert.equal(shown[`master_worker_restart_total {"reason":"${reason}"}`], 0)
    }
    assert.equal(shown['master_worker_restarts_total {}'], 0)
    assert.equal(shown['master_workers {"state":"live"}'], 1)
  })
})

describe('a worker', () => {
  test('appears with its first report, under the second of its start', () => {
    const registry = happened([forked(3, 10)])
    assert.equal(statesOf(registry).length, 0)
    registry.reported(worker(3, { startSeconds: start + 11 }), at(12))
    assert.equal(registry.workerIdOf(worker(3)), `worker_3_${start + 11}`)
    assert.deepEqual(statesOf(registry), [[`worker_3_${start + 11}`, 'running', start + 11, 1]])
  })

  test('has a report age that grows until the next report, and ends with the worker', () => {
    const registry = happened([forked(1)])
    const reportAge = (now: number): number | undefined =>
      valuesOf(registry, now)[`worker_report_age_seconds {"worker_id":"worker_1_${start + 1}"}`]
    assert.equal(reportAge(at(1)), undefined)
    registry.reported(worker(1), at(2))
    assert.equal(reportAge(at(2)), 0)
    assert.equal(reportAge(at(65.5)), 63.5)
    registry.reported(worker(1), at(70))
    assert.equal(reportAge(at(71)), 1)
    // A clock that was set back.
    assert.equal(reportAge(at(0)), 0)
    applyTo(registry, ended(1, { at: 72 }))
    assert.equal(reportAge(at(73)), undefined)
  })

  test('has a zero for each expected end', () => {
    const registry = happened([forked(1)])
    registry.reported(worker(1), at(1))
    const id = `worker_1_${start + 1}`
    for (const reason of ['exit', 'error', 'sigterm', 'sigkill']) {
      assert.equal(endsOf(registry, 'worker_restart_total', { worker_id: id, reason }), 0)
    }
    assert.equal(endsOf(registry, 'worker_restart_count_total', { worker_id: id }), 0)
    assert.equal(endsOf(registry, 'master_worker_restart_count_total', { worker_id: id }), 0)
  })

  const ends: Record<string, readonly [end: Partial<Ended>, expected: readonly string[]]> = {
    'by itself': [{ code: 0 }, ['exit', 'graceful', 'quit']],
    'with a code': [{ code: 1 }, ['error', 'crash', 'error']],
    'with another code': [{ code: 137 }, ['error', 'crash', 'error']],
    'by SIGTERM': [{ signal: 'SIGTERM' }, ['sigterm', 'forced', 'quit']],
    'by SIGKILL': [{ signal: 'SIGKILL' }, ['sigkill', 'forced', 'abort']],
    'by SIGSEGV': [{ signal: 'SIGSEGV' }, ['sigsegv', 'crash', 'abort']],
    'by SIGUSR2': [{ signal: 'SIGUSR2' }, ['sigusr2', 'forced', 'quit']],
  }
  for (const [title, [end, [reason = '', restart_type = '', state = '']]] of Object.entries(ends)) {
    test(`that ended ${title} has its reason, type and state`, () => {
      const registry = happened([forked(1)])
      registry.reported(worker(1), at(1))
      applyTo(registry, ended(1, { ...end, at: 30 }))
      const id = `worker_1_${start + 1}`
      assert.deepEqual(statesOf(registry), [
        [id, 'running', start + 1, 0],
        [id, state, start + 30, 1],
      ])
      const named = { worker_id: id, reason, restart_type }
      assert.equal(endsOf(registry, 'worker_restart_total', { worker_id: id, reason }), 1)
      assert.equal(endsOf(registry, 'worker_restart_total', { worker_id: id }), 1)
      assert.equal(endsOf(registry, 'worker_restart_count_total', named), 1)
      assert.equal(endsOf(registry, 'worker_restart_count_total', { worker_id: id }), 1)
      assert.equal(endsOf(registry, 'master_worker_restart_count_total', named), 1)
      assert.equal(endsOf(registry, 'master_worker_restart_count_total', { worker_id: id }), 1)
      assert.equal(endsOf(registry, 'master_worker_restart_total', { reason: 'chld' }), 1)
    })
  }

  test('that leaves does not listen, and has no report age', () => {
    const registry = happened([forked(1), listening(1)])
    registry.reported(worker(1), at(1))
    assert.equal(endsOf(registry, 'worker_report_age_seconds', {}), 99)
    applyTo(registry, leaving(1, 20))
    assert.equal(endsOf(registry, 'worker_report_age_seconds', {}), undefined)
    assert.equal(endsOf(registry, 'master_workers', { state: 'listening' }), 0)
    assert.equal(endsOf(registry, 'master_workers', { state: 'live' }), 1)
  })

  const histories: Record<string, readonly [ClusterEvent[], readonly (readonly unknown[])[]]> = {
    'that leaves and then ends by itself': [
      [leaving(1, 20), ended(1, { at: 25 })],
      [
        ['running', start + 1, 0],
        ['quit', start + 20, 1],
      ],
    ],
    'that leaves and is then killed': [
      [leaving(1, 20), ended(1, { at: 25, signal: 'SIGKILL' })],
      [
        ['running', start + 1, 0],
        ['quit', start + 20, 0],
        ['abort', start + 25, 1],
      ],
    ],
    'that leaves and then fails': [
      [leaving(1, 20), leaving(1, 21), ended(1, { at: 25, code: 3 })],
      [
        ['running', start + 1, 0],
        ['quit', start + 20, 0],
        ['error', start + 25, 1],
      ],
    ],
    'that ends, with further events afterwards': [
      [ended(1, { at: 25, code: 3 }), ended(1, { at: 26 }), leaving(1, 27), listening(1)],
      [
        ['running', start + 1, 0],
        ['error', start + 25, 1],
      ],
    ],
  }
  for (const [title, [events, expected]] of Object.entries(histories)) {
    test(`${title} has one series per state`, () => {
      const registry = happened([forked(1)])
      registry.reported(worker(1), at(1))
      for (const event of events) applyTo(registry, event)
      assert.deepEqual(
        statesOf(registry).map(([, ...rest]) => rest),
        expected,
      )
    })
  }

  test('that ended before its first report appears under the second of its fork', () => {
    const registry = happened([forked(1, 5), ended(1, { at: 6, code: 1 })])
    const id = `worker_1_${start + 5}`
    assert.deepEqual(statesOf(registry), [
      [id, 'running', start + 5, 0],
      [id, 'error', start + 6, 1],
    ])
    assert.equal(endsOf(registry, 'worker_restart_total', { worker_id: id, reason: 'error' }), 1)
  })

  test('without a fork event does not appear', () => {
    const registry = happened([listening(7), leaving(7, 1), ended(7)])
    assert.deepEqual(valuesOf(registry), {})
  })
})

describe('a registry', () => {
  test('ignores reports after the end of a worker', () => {
    const registry = happened([forked(1), ended(1, { at: 5 })])
    registry.reported(worker(1, { startSeconds: start + 50 }), at(6))
    assert.equal(registry.workerIdOf(worker(1)), `worker_1_${start}`)
  })

  test('has the start of each worker by worker_id, and none in slots', () => {
    const started = new Map([[`worker_1_${start + 7}`, start + 7]])
    assert.deepEqual(happened([forked(1, 7)]).starts(), started)
    assert.deepEqual(happened([forked(1, 7)], { slots: true }).starts(), new Map())
  })

  test('forgets forks in advance when a master wants no workers', () => {
    const two: ClusterEvent[] = [{ kind: 'wanted', count: 1 }, forked(1), forked(2)]
    const rest = (count: number): ClusterEvent => ({ kind: 'wanted', count })
    const replacements = (count: number): unknown =>
      endsOf(happened([...two, rest(count), ended(1)]), 'master_worker_restarts_total', {})
    assert.deepEqual([replacements(0), replacements(1)], [0, 1])
  })

  test('gives a process that was not forked a free slot', () => {
    const registry = happened([forked(1)], { slots: true })
    registry.reported(worker(5, { role: 'single' }), at(1))
    assert.equal(registry.workerIdOf(worker(5)), 'worker_2')
  })
})

describe('the snapshot of a worker', () => {
  const registryAfter = (events: readonly ClusterEvent[]): WorkerRegistry => {
    const registry = happened([{ kind: 'forked', forkNumber: 3, at: at(10) + 500, pid: 77 }])
    for (const event of events) applyTo(registry, event)
    return registry
  }

  test('describes the fork before the first report', () => {
    assert.deepEqual(registryAfter([]).snapshots(at(20)), [
      {
        forkNumber: 3,
        workerId: `worker_3_${start + 10}`,
        pid: 77,
        state: 'running',
        stateSince: start + 10,
        listening: false,
        ageSeconds: 9.5,
        reportAgeSeconds: null,
        silentSeconds: null,
        silence: undefined,
      },
    ])
    assert.equal(happened([forked(1)]).snapshotOf(1, at(1))?.pid, null)
  })

  test('contains the reports, and that the worker leaves', () => {
    const registry = registryAfter([])
    registry.reported(worker(3, { startSeconds: start + 11 }), at(15))
    applyTo(registry, { kind: 'listening', forkNumber: 3 })
    assert.equal(registry.snapshotOf(3, at(17))?.listening, true)
    applyTo(registry, leaving(3, 18))
    assert.deepEqual(registry.snapshotOf(3, at(20)), {
      forkNumber: 3,
      workerId: `worker_3_${start + 11}`,
      pid: 4_003,
      state: 'quit',
      stateSince: start + 18,
      listening: false,
      ageSeconds: 9.5,
      reportAgeSeconds: 5,
      silentSeconds: 5,
      silence: undefined,
    })
  })

  test('shows the end of the process while its last messages are awaited', () => {
    const registry = registryAfter([])
    registry.reported(worker(3), at(15))
    applyTo(registry, { ...ended(3, { at: 18, signal: 'SIGKILL' }), kind: 'exited' })
    const snapshot = registry.snapshotOf(3, at(23))
    assert.deepEqual([snapshot?.ageSeconds, snapshot?.reportAgeSeconds], [7.5, 3])
  })

  test('counts the age of a worker from before this registry', () => {
    const registry = new WorkerRegistry({ slots: false })
    // The fork's second comes from a clock that has stepped since.
    registry.apply({ kind: 'forked', forkNumber: 1, at: 0, agoMs: 90_000 }, 100_000)
    assert.equal(registry.snapshotOf(1, 110_000)?.ageSeconds, 100)
  })

  test('never has a negative age after the clock was set back', () => {
    const registry = registryAfter([])
    registry.reported(worker(3), at(15))
    const snapshot = registry.snapshotOf(3, at(0))
    assert.deepEqual([snapshot?.ageSeconds, snapshot?.reportAgeSeconds], [0, 0])
  })

  test('is undefined after the end, and for an unknown fork number', () => {
    const registry = registryAfter([ended(3, { at: 25 })])
    assert.equal(registry.snapshotOf(3, at(26)), undefined)
    assert.equal(registry.snapshotOf(4, at(26)), undefined)
    assert.deepEqual(registry.snapshots(at(26)), [])
  })

  test('of a process that was not forked has the fork number 0', () => {
    const registry = new WorkerRegistry({ slots: false, processSeconds: () => 1 })
    // Two hours back: the clock was set after the start.
    const source = worker(1, { role: 'single', startSeconds: start - 7_200 })
    registry.reported(source, at(1))
    const [snapshot] = registry.snapshots(at(20))
    assert.deepEqual([snapshot?.forkNumber, snapshot?.ageSeconds, snapshot?.pid], [0, 20, 4_001])
    assert.equal(snapshot?.listening, true)
  })
})

describe('the counts of workers', () => {
  const countsAfter = (events: readonly ClusterEvent[]) => happened(events).counts()

  test('are zero before the first event', () => {
    const none = {
      own: 'none',
      handsOver: false,
      isClosing: false,
      haveListened: false,
      listening: 0,
      independent: 0,
      hanging: 0,
      stopped: 0,
      live: 0,
      configured: 0,
    }
    assert.deepEqual(countsAfter([]), none)
  })

  test('contain listening workers until they leave or end', () => {
    const listening = (forkNumber: number): ClusterEvent => ({ kind: 'listening', forkNumber })
    const events = [forked(1), forked(2), forked(3), listening(1), listening(2), listening(3)]
    assert.equal(countsAfter(events).listening, 3)
    const { listening: remaining, live } = countsAfter([
      ...events,
      leaving(1, 5),
      ended(2, { at: 6 }),
    ])
    assert.deepEqual([remaining, live], [1, 2])
  })

  test('contain workers that say in a report that they listen', () => {
    const registry = happened([forked(1), forked(2)])
    registry.reportedListening(1, true)
    registry.reportedListening(2, false)
    registry.reportedListening(9, true)
    assert.equal(registry.counts().listening, 1)
    registry.reportedListening(1, false)
    assert.equal(registry.counts().listening, 0)
  })

  test('know whether the primary hands sockets over', () => {
    const handing = (servers: number): ClusterEvent => ({ kind: 'handing_over', servers })
    assert.equal(countsAfter([handing(2)]).handsOver, true)
    assert.equal(countsAfter([handing(2), handing(0)]).handsOver, false)
  })

  test('have the number that a master wants as configured', () => {
    assert.equal(countsAfter([forked(1), { kind: 'wanted', count: 4 }]).configured, 4)
  })

  test('contain a primary only if the primary serves requests itself', () => {
    const registry = happened([forked(1)])
    registry.reported(worker(0, { role: 'primary' }), at(1))
    assert.equal(registry.counts().own, 'none')
    registry.reported(worker(0, { role: 'single' }), at(2))
    assert.deepEqual(registry.counts(), {
      own: 'serving',
      handsOver: false,
      isClosing: false,
      haveListened: false,
      listening: 0,
      independent: 0,
      hanging: 0,
      stopped: 0,
      live: 1,
      configured: 1,
    })
  })
})

describe('a process that was not forked', () => {
  test('is worker 1 without metrics of a primary when it runs alone', () => {
    const registry = new WorkerRegistry({ slots: false })
    const source = worker(1, { role: 'single', startSeconds: start })
    registry.reported(source, at(1))
    assert.equal(registry.workerIdOf(source), `worker_1_${start}`)
    assert.deepEqual(statesOf(registry), [[`worker_1_${start}`, 'running', start, 1]])
    assert.ok(!Object.keys(valuesOf(registry)).some((series) => series.startsWith('master_')))
  })

  test('is no worker as a primary without requests', () => {
    const registry = happened([])
    registry.reported(worker(0, { role: 'primary' }), at(1))
    assert.deepEqual(statesOf(registry), [])
    assert.equal(valuesOf(registry)['master_workers {"state":"configured"}'], 0)
  })

  test('is worker 0 as a primary with requests, and counts as no worker', () => {
    const registry = happened([forked(1)])
    registry.reported(worker(0, { role: 'single', startSeconds: start }), at(1))
    assert.deepEqual(statesOf(registry), [[`worker_0_${start}`, 'running', start, 1]])
    assert.equal(endsOf(registry, 'worker_restart_total', {}), undefined)
    assert.equal(valuesOf(registry)['master_workers {"state":"live"}'], 1)
  })
})

describe('the counts of a primary', () => {
  const [two, crash, leave] = [
    [forked(1), forked(2)],
    ended(1, { code: 1 }),
    ended(1, { code: 0, voluntary: true }),
  ]
  type Row = readonly [configured: number, live: number, listening: number, replacements: number]
  const cases: Record<string, readonly [ClusterEvent[], Row]> = {
    'one fork': [[forked(1)], [1, 1, 0, 0]],
    'two workers': [[...two], [2, 2, 0, 0]],
    'two workers that listen': [
      [...two, listening(1), listening(2), listening(2)],
      [2, 2, 2, 0],
    ],
    'a crash': [
      [...two, listening(1), listening(2), crash],
      [2, 1, 1, 0],
    ],
    'an exit before its end is applied': [
      [...two, listening(1), listening(2), exited(1)],
      [2, 1, 1, 0],
    ],
    'a replacement before the end of the dead worker is applied': [
      [...two, exited(1), forked(3)],
      [2, 2, 0, 1],
    ],
    'the same when the end is applied': [
      [...two, exited(1), forked(3), ended(1, { signal: 'SIGKILL' })],
      [2, 2, 0, 1],
    ],
    'a replacement at the disconnect of a worker that lives': [
      [...two, disconnected(1), forked(3)],
      [2, 3, 0, 0],
    ],
    'a replacement at the disconnect, and the crash': [
      [...two, disconnected(1), forked(3), exited(1), crash],
      [2, 2, 0, 1],
    ],
    'a replacement at the disconnect, and the stop': [
      [...two, disconnected(1), forked(3), ended(1, { voluntary: true })],
      [2, 2, 0, 1],
    ],
    'a crash after the disconnect of another worker': [
      [...two, disconnected(2), crash, forked(3)],
      [2, 2, 0, 1],
    ],
    'a disconnect that is told after the exit': [
      [...two, exited(1), forked(3), disconnected(1), forked(4), crash],
      [3, 3, 0, 1],
    ],
    'a crash and its replacement': [
      [...two, listening(1), crash, forked(3)],
      [2, 2, 0, 1],
    ],
    'the stop of a worker': [
      [...two, listening(2), leave],
      [1, 1, 1, 0],
    ],
    'the stop of a worker and its replacement': [
      [...two, leave, forked(3)],
      [2, 2, 0, 1],
    ],
    'a replacement and one more fork': [
      [...two, crash, forked(3), forked(4)],
      [3, 3, 0, 1],
    ],
    'the crash of all workers': [
      [...two, crash, ended(2, { signal: 'SIGKILL' })],
      [2, 0, 0, 0],
    ],
    'the crash of all workers and one replacement': [
      [...two, crash, ended(2, { signal: 'SIGKILL' }), forked(3)],
      [2, 1, 0, 1],
    ],
    'a crash, a stop and two forks': [
      [...two, crash, ended(2, { voluntary: true }), forked(3), forked(4)],
      [2, 2, 0, 2],
    ],
    'a clean exit without a request, which counts as a failure': [
      [...two, ended(1)],
      [2, 1, 0, 0],
    ],
    'a crash of the replacement': [
      [...two, crash, forked(3), ended(3, { code: 1 }), forked(4)],
      [2, 2, 0, 2],
    ],
    'a second end of the same worker, which does not count': [
      [...two, crash, crash, forked(3)],
      [2, 2, 0, 1],
    ],
  }
  for (const [title, [events, expected]] of Object.entries(cases)) {
    test(`are right after ${title}`, () => {
      const shown = valuesOf(happened(events))
      const states = ['configured', 'live', 'listening'].map(
        (state) => shown[`master_workers {"state":"${state}"}`],
      )
      assert.deepEqual([...states, shown['master_worker_restarts_total {}']], expected)
    })
  }

  test('contain signals, and one chld per end', () => {
    const shown = valuesOf(
      happened([
        ...two,
        { kind: 'signal', reason: 'hup' },
        { kind: 'signal', reason: 'hup' },
        { kind: 'signal', reason: 'usr2' },
        crash,
        ended(2),
      ]),
    )
    const counted = masterReasons.map(
      (reason) => [reason, shown[`master_worker_restart_total {"reason":"${reason}"}`]] as const,
    )
    assert.deepEqual(
      counted.filter(([, count]) => count !== 0),
      [
        ['hup', 2],
        ['usr2', 1],
        ['chld', 2],
      ],
    )
  })

  test('stay when the workers’ own series expire', () => {
    const registry = happened([...two, crash, forked(3), ended(2, { signal: 'SIGKILL' })])
    registry.expire(at(0) + stateLimits.retentionMs * 2)
    const shown = valuesOf(registry)
    assert.equal(shown['master_worker_restarts_total {}'], 1)
    assert.equal(shown['master_worker_restart_total {"reason":"chld"}'], 2)
    assert.equal(shown['master_workers {"state":"configured"}'], 2)
  })
})

describe('ended workers', () => {
  test('expire after the retention, not before', () => {
    const registry = happened([forked(1), forked(2), ended(1, { at: 10 }), ended(2, { at: 20 })])
    assert.deepEqual(registry.expire(at(10) + stateLimits.retentionMs), [])
    assert.deepEqual(registry.expire(at(10) + stateLimits.retentionMs + 1), [1])
    assert.deepEqual(registry.expire(at(10) + stateLimits.retentionMs + 1), [])
    assert.deepEqual(new Set(statesOf(registry).map(([id]) => id)), new Set([`worker_2_${start}`]))
    assert.deepEqual(registry.expire(at(20) + stateLimits.retentionMs + 1), [2])
    assert.deepEqual(statesOf(registry), [])
  })

  test('over the limit expire in the order of their ends, and count as forgotten early', () => {
    const forkNumbers = Array.from(
      { length: stateLimits.retainedWorkers + 3 },
      (_, index) => index + 1,
    )
    const registry = happened(forkNumbers.map((forkNumber) => forked(forkNumber)))
    // The oldest workers end last.
    for (const forkNumber of forkNumbers.toReversed())
      applyTo(registry, ended(forkNumber, { at: 1 }))
    assert.equal(registry.forgottenEarly, 0)
    assert.deepEqual(registry.expire(at(2)), forkNumbers.slice(-3).toReversed())
    assert.equal(registry.forgottenEarly, 3)
    assert.deepEqual(registry.expire(at(2)), [])
  })

  test('expire, but live workers do not', () => {
    const registry = happened([forked(1)])
    registry.reported(worker(1), at(1))
    assert.deepEqual(registry.expire(at(0) + 1_000 * stateLimits.retentionMs), [])
    assert.equal(statesOf(registry).length, 1)
  })
})

describe('with a wanted number of workers', () => {
  const two: readonly ClusterEvent[] = [{ kind: 'wanted', count: 2 }, forked(1), forked(2)]
  const replacements = (events: readonly ClusterEvent[]): unknown =>
    endsOf(happened([...two, ...events]), 'master_worker_restarts_total', {})

  test('a replacement that was forked in advance counts at the end of the replaced worker', () => {
    const advance = [forked(3), ended(1, { code: 0 })]
    assert.equal(replacements([forked(3)]), 0)
    assert.equal(replacements(advance), 1)
    // The fork for a larger number replaces no worker.
    assert.equal(replacements([...advance, { kind: 'wanted', count: 3 }, forked(4)]), 1)
    assert.equal(replacements([...advance, ended(2, { code: 1 }), forked(4)]), 2)
  })

  test('a worker that the master retires counts once, and so does the next end', () => {
    const reloaded = [forked(3), forked(4), ended(1, { cause: 'hup' }), ended(2, { cause: 'hup' })]
    assert.equal(replacements(reloaded), 2)
    assert.equal(replacements([...reloaded, ended(3, { code: 1 })]), 2)
    assert.equal(replacements([...reloaded, ended(3, { code: 1 }), forked(5)]), 3)
  })
})

describe('workers in slots', () => {
  const slotted = (events: readonly ClusterEvent[]): WorkerRegistry =>
    happened(events, { slots: true })

  test('are numbered from 1, and a replacement takes the place that became free', () => {
    const registry = slotted([forked(1), forked(2), forked(3)])
    for (const forkNumber of [1, 2, 3]) registry.reported(worker(forkNumber), at(1))
    assert.deepEqual(idsOf(registry, [1, 2, 3]), ['worker_1', 'worker_2', 'worker_3'])
    applyTo(registry, ended(2, { code: 1 }))
    applyTo(registry, forked(4))
    applyTo(registry, forked(5))
    assert.deepEqual(idsOf(registry, [1, 3, 4, 5]), [
      'worker_1',
      'worker_3',
      'worker_2',
      'worker_4',
    ])
  })

  test('leave the number 0 to a primary that serves requests itself', () => {
    const registry = slotted([forked(1)])
    const primary = worker(0, { role: 'single' })
    registry.reported(primary, at(1))
    applyTo(registry, forked(2))
    assert.equal(registry.workerIdOf(primary), 'worker_0')
    assert.deepEqual(idsOf(registry, [1, 2]), ['worker_1', 'worker_2'])
  })

  test('have one series per state, of the worker that holds the slot', () => {
    const registry = slotted([forked(1, 0), ended(1, { at: 10, code: 1 }), forked(2, 11)])
    registry.reported(worker(2, { startSeconds: start + 11 }), at(12))
    assert.deepEqual(statesOf(registry), [['worker_1', 'running', start + 11, 1]])
    applyTo(registry, ended(2, { at: 20, signal: 'SIGKILL' }))
    assert.deepEqual(statesOf(registry), [
      ['worker_1', 'running', start + 11, 0],
      ['worker_1', 'abort', start + 20, 1],
    ])
  })

  test('have counts that continue from worker to worker', () => {
    const registry = slotted([forked(1), ended(1, { code: 1 }), forked(2), ended(2, { code: 1 })])
    const named = { worker_id: 'worker_1', reason: 'error', restart_type: 'crash' }
    const counts = (): unknown[] => [
      endsOf(registry, 'worker_restart_total', { worker_id: 'worker_1', reason: 'error' }),
      endsOf(registry, 'worker_restart_count_total', named),
      endsOf(registry, 'master_worker_restart_count_total', named),
    ]
    assert.deepEqual(counts(), [2, 2, 2])
    applyTo(registry, forked(3))
    registry.reported(worker(3), at(5))
    assert.deepEqual(counts(), [2, 2, 2])
    applyTo(registry, ended(3, { code: 1 }))
    assert.deepEqual(counts(), [3, 3, 3])
    registry.expire(at(0) + 2 * stateLimits.retentionMs)
    applyTo(registry, forked(4))
    registry.reported(worker(4), at(6))
    assert.deepEqual(counts(), [3, 3, 3])
  })
})

describe('random events', () => {
  for (const slots of [false, true]) {
    test(`cause no duplicate series and no fall of counts, slots ${slots}`, () => {
      for (let seed = 1; seed <= 8; seed += 1) applyRandomEvents(new Random(seed), { slots })
    })
  }

  function applyRandomEvents(random: Random, options: { slots: boolean }): void {
    const registry = new WorkerRegistry(options)
    let before: Record<string, number> = {}
    for (let step = 1; step <= 80; step += 1) {
      const forkNumber = 1 + random.below(step)
      const events = [forked(step, step), forked(step, step), ...eventsOf(forkNumber, step)]
      applyTo(registry, random.pick(events))
      if (random.chance(0.5)) registry.reported(worker(forkNumber), at(step))
      const later = at(step) + 2 * stateLimits.retentionMs
      const expires = random.chance(0.05) && registry.expire(later).length > 0
      const now = valuesOf(registry)
      // The counts of a worker expire with its id. The counts of a slot stay.
      neverDown(expires && !options.slots ? lasting(before) : before, now)
      before = now
    }
  }

  function eventsOf(forkNumber: number, step: number): ClusterEvent[] {
    return [
      listening(forkNumber),
      leaving(forkNumber, step),
      disconnected(forkNumber),
      exited(forkNumber),
      ended(forkNumber, { at: step, code: 0 }),
      ended(forkNumber, { at: step, code: 1, voluntary: true }),
      ended(forkNumber, { at: step, signal: 'SIGKILL' }),
      ended(forkNumber, { at: step, signal: 'SIGSEGV', voluntary: true }),
      { kind: 'signal', reason: 'hup' },
    ]
  }

  function lasting(values: Record<string, number>): Record<string, number> {
    const entries = Object.entries(values).filter(([series]) => !series.includes('worker_id'))
    return Object.fromEntries(entries)
  }

  function neverDown(before: Record<string, number>, now: Record<string, number>): void {
    for (const [series, value] of Object.entries(before)) {
      if (series.includes('_total ')) assert.ok((now[series] ?? -1) >= value, `${series} fell`)
    }
  }
})

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

function happened(events: readonly ClusterEvent[], options = { slots: false }): WorkerRegistry {
  const registry = new WorkerRegistry(options)
  for (const event of events) applyTo(registry, event)
  return registry
}

/** The monotonic clock of these tests shows Unix milliseconds. */
function applyTo(registry: WorkerRegistry, event: ClusterEvent): void {
  registry.apply(event, 'at' in event ? event.at : at(0))
}

function forked(forkNumber: number, seconds = 0): ClusterEvent {
  return { kind: 'forked', forkNumber, at: at(seconds) }
}

function listening(forkNumber: number): ClusterEvent {
  return { kind: 'listening', forkNumber }
}

function disconnected(forkNumber: number): ClusterEvent {
  return { kind: 'disconnected', forkNumber }
}

function exited(forkNumber: number): ClusterEvent {
  return { ...ended(forkNumber, { signal: 'SIGKILL' }), kind: 'exited' }
}

function leaving(forkNumber: number, seconds: number): ClusterEvent {
  return { kind: 'leaving', forkNumber, at: at(seconds) }
}

/** By default a clean exit that no process asked for. `at` in seconds. */
function ended(forkNumber: number, given: Partial<Ended> = {}): Ended {
  const code = given.signal ? null : 0
  const base = { kind: 'ended', forkNumber, code, signal: null, voluntary: false } as const
  return { ...base, ...given, at: at(given.at ?? 0) }
}

function worker(forkNumber: number, given: Partial<Source> = {}): Source {
  return { role: 'worker', forkNumber, startSeconds: start + 1, pid: 4_000 + forkNumber, ...given }
}

/** Values by labels and by name without prefix. Fails for a duplicate series. */
function valuesOf(registry: WorkerRegistry, now = at(100)): Record<string, number> {
  const values: Record<string, number> = {}
  for (const { descriptor, points } of registry.metrics(now)) {
    assert.ok(descriptor.name.startsWith(prefix))
    for (const { attributes, value } of points) {
      const series = `${descriptor.name.slice(prefix.length)} ${JSON.stringify(attributes)}`
      assert.ok(!(series in values), `${series} is there twice`)
      values[series] = value as number
    }
  }
  return values
}

type State = readonly [id: unknown, state: unknown, seconds: number, value: unknown]

function statesOf(registry: WorkerRegistry): State[] {
  const states = registry
    .metrics(at(100))
    .find(({ descriptor }) => descriptor.name === 'gunicorn_worker_state')
  return (states?.points ?? []).map(({ attributes, value }): State => {
    const { worker_id: id, state, timestamp } = attributes
    return [id, state, Number(timestamp), value]
  })
}

/** Sum of a metric's points with these labels; undefined without such points. */
function endsOf(registry: WorkerRegistry, name: string, labels: Attributes): number | undefined {
  const metric = registry
    .metrics(at(100))
    .find(({ descriptor }) => descriptor.name === `${prefix}${name}`)
  const values = (metric?.points ?? [])
    .filter(({ attributes }) =>
      Object.entries(labels).every(([label, value]) => attributes[label] === value),
    )
    .map(({ value }) => value as number)
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value)
}

function idsOf(registry: WorkerRegistry, forkNumbers: readonly number[]): string[] {
  return forkNumbers.map((forkNumber) => registry.workerIdOf(worker(forkNumber)))
}
