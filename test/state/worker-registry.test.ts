import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../src/limits/state.ts'
import type { ClusterEvent } from '../../src/model/cluster-event.ts'
import type { Attributes } from '../../src/model/metric.ts'
import { masterReasons } from '../../src/model/signal.ts'
import type { Source } from '../../src/relay/report.ts'
import { WorkerRegistry } from '../../src/state/worker-registry.ts'
import { Random } from '../support/random.ts'

const start = 1_700_000_000
/** Unix milliseconds of so many seconds after the start. */
const at = (seconds: number): number => (start + seconds) * 1_000

const prefix = 'gunicorn_'

describe('before anything has happened', () => {
  test('there is nothing to say of workers, nor of a master', () => {
    assert.deepEqual(valuesOf(new WorkerRegistry({ slots: false })), {})
  })

  test('a primary that has forked shows its figures with zeros', () => {
    const roster = happened([forked(1)])
    const shown = valuesOf(roster)
    for (const reason of masterReasons) {
      assert.equal(shown[`master_worker_restart_total {"reason":"${reason}"}`], 0)
    }
    assert.equal(shown['master_worker_restarts_total {}'], 0)
    assert.equal(shown['master_workers {"state":"live"}'], 1)
  })
})

describe('a worker', () => {
  test('is shown from its first report on, under the second in which it started', () => {
    const roster = happened([forked(3, 10)])
    assert.equal(statesOf(roster).length, 0)
    roster.reported(worker(3, { startSeconds: start + 11 }), at(12))
    assert.equal(roster.workerIdOf(worker(3)), `worker_3_${start + 11}`)
    assert.deepEqual(statesOf(roster), [[`worker_3_${start + 11}`, 'running', start + 11, 1]])
  })

  test('has a report forkNumber that grows until the next report and ends with it', () => {
    const roster = happened([forked(1)])
    const forkNumber = (now: number): number | undefined =>
      valuesOf(roster, now)[`worker_report_age_seconds {"worker_id":"worker_1_${start + 1}"}`]
    assert.equal(forkNumber(at(1)), undefined)
    roster.reported(worker(1), at(2))
    assert.equal(forkNumber(at(2)), 0)
    assert.equal(forkNumber(at(65.5)), 63.5)
    roster.reported(worker(1), at(70))
    assert.equal(forkNumber(at(71)), 1)
    // A clock that was set back.
    assert.equal(forkNumber(at(0)), 0)
    roster.apply(ended(1, { at: 72 }))
    assert.equal(forkNumber(at(73)), undefined)
  })

  test('has a zero for every end that may be expected', () => {
    const roster = happened([forked(1)])
    roster.reported(worker(1), at(1))
    const id = `worker_1_${start + 1}`
    for (const reason of ['exit', 'error', 'sigterm', 'sigkill']) {
      assert.equal(endsOf(roster, 'worker_restart_total', { worker_id: id, reason }), 0)
    }
    assert.equal(endsOf(roster, 'worker_restart_count_total', { worker_id: id }), 0)
    assert.equal(endsOf(roster, 'master_worker_restart_count_total', { worker_id: id }), 0)
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
    test(`that ended ${title}`, () => {
      const roster = happened([forked(1)])
      roster.reported(worker(1), at(1))
      roster.apply(ended(1, { ...end, at: 30 }))
      const id = `worker_1_${start + 1}`
      assert.deepEqual(statesOf(roster), [
        [id, 'running', start + 1, 0],
        [id, state, start + 30, 1],
      ])
      const named = { worker_id: id, reason, restart_type }
      assert.equal(endsOf(roster, 'worker_restart_total', { worker_id: id, reason }), 1)
      assert.equal(endsOf(roster, 'worker_restart_total', { worker_id: id }), 1)
      assert.equal(endsOf(roster, 'worker_restart_count_total', named), 1)
      assert.equal(endsOf(roster, 'worker_restart_count_total', { worker_id: id }), 1)
      assert.equal(endsOf(roster, 'master_worker_restart_count_total', named), 1)
      assert.equal(endsOf(roster, 'master_worker_restart_count_total', { worker_id: id }), 1)
      assert.equal(endsOf(roster, 'master_worker_restart_total', { reason: 'chld' }), 1)
    })
  }

  test('that leaves listens no more, and its silence is no sign of hanging', () => {
    const roster = happened([forked(1), listening(1)])
    roster.reported(worker(1), at(1))
    assert.equal(endsOf(roster, 'worker_report_age_seconds', {}), 99)
    roster.apply(leaving(1, 20))
    assert.equal(endsOf(roster, 'worker_report_age_seconds', {}), undefined)
    assert.equal(endsOf(roster, 'master_workers', { state: 'listening' }), 0)
    assert.equal(endsOf(roster, 'master_workers', { state: 'live' }), 1)
  })

  const lives: Record<string, readonly [ClusterEvent[], readonly (readonly unknown[])[]]> = {
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
    'that ends once, whatever is heard of it then': [
      [ended(1, { at: 25, code: 3 }), ended(1, { at: 26 }), leaving(1, 27), listening(1)],
      [
        ['running', start + 1, 0],
        ['error', start + 25, 1],
      ],
    ],
  }
  for (const [title, [events, expected]] of Object.entries(lives)) {
    test(`${title} has one series per state`, () => {
      const roster = happened([forked(1)])
      roster.reported(worker(1), at(1))
      for (const event of events) roster.apply(event)
      assert.deepEqual(
        statesOf(roster).map(([, ...rest]) => rest),
        expected,
      )
    })
  }

  test('that ended before its first report is shown under the second of its fork', () => {
    const roster = happened([forked(1, 5), ended(1, { at: 6, code: 1 })])
    const id = `worker_1_${start + 5}`
    assert.deepEqual(statesOf(roster), [
      [id, 'running', start + 5, 0],
      [id, 'error', start + 6, 1],
    ])
    assert.equal(endsOf(roster, 'worker_restart_total', { worker_id: id, reason: 'error' }), 1)
  })

  test('nobody forked is not there', () => {
    const roster = happened([listening(7), leaving(7, 1), ended(7)])
    assert.deepEqual(valuesOf(roster), {})
  })
})

describe('the snapshot of a worker', () => {
  const lived = (events: readonly ClusterEvent[]): WorkerRegistry => {
    const roster = happened([{ kind: 'forked', forkNumber: 3, at: at(10) + 500, pid: 77 }])
    for (const event of events) roster.apply(event)
    return roster
  }

  test('before its first report are those of the fork', () => {
    assert.deepEqual(lived([]).snapshots(at(20)), [
      {
        forkNumber: 3,
        workerId: `worker_3_${start + 10}`,
        pid: 77,
        state: 'running',
        listening: false,
        ageSeconds: 9.5,
        reportAgeSeconds: null,
      },
    ])
    assert.equal(happened([forked(1)]).snapshotOf(1, at(1))?.pid, null)
  })

  test('know of its reports, and of its leaving', () => {
    const roster = lived([])
    roster.reported(worker(3, { startSeconds: start + 11 }), at(15))
    roster.apply({ kind: 'listening', forkNumber: 3 })
    assert.equal(roster.snapshotOf(3, at(17))?.listening, true)
    roster.apply(leaving(3, 18))
    assert.deepEqual(roster.snapshotOf(3, at(20)), {
      forkNumber: 3,
      workerId: `worker_3_${start + 11}`,
      pid: 4_003,
      state: 'quit',
      listening: false,
      ageSeconds: 9.5,
      reportAgeSeconds: 5,
    })
  })

  test('are never of a time before its birth, whatever clocks do', () => {
    const roster = lived([])
    roster.reported(worker(3), at(15))
    const snapshot = roster.snapshotOf(3, at(0))
    assert.deepEqual([snapshot?.ageSeconds, snapshot?.reportAgeSeconds], [0, 0])
  })

  test('end with it, and nobody else has any', () => {
    const roster = lived([ended(3, { at: 25 })])
    assert.equal(roster.snapshotOf(3, at(26)), undefined)
    assert.equal(roster.snapshotOf(4, at(26)), undefined)
    assert.deepEqual(roster.snapshots(at(26)), [])
  })

  test('of a process that was not forked are those of the exporter’s own', () => {
    const roster = new WorkerRegistry({ slots: false })
    roster.reported(worker(1, { role: 'single', startSeconds: start }), at(1))
    const [snapshot] = roster.snapshots(at(20))
    assert.deepEqual([snapshot?.forkNumber, snapshot?.ageSeconds, snapshot?.pid], [0, 20, 4_001])
    assert.equal(snapshot?.listening, true)
  })
})

describe('whom requests can reach', () => {
  const attendance = (events: readonly ClusterEvent[]) => happened(events).counts()

  test('is nobody before anything is known', () => {
    const nobody = { servesItself: false, listening: 0, live: 0, configured: 0 }
    assert.deepEqual(attendance([]), nobody)
  })

  test('are the workers that listen, until they leave or end', () => {
    const listening = (forkNumber: number): ClusterEvent => ({ kind: 'listening', forkNumber })
    const events = [forked(1), forked(2), forked(3), listening(1), listening(2), listening(3)]
    assert.equal(attendance(events).listening, 3)
    const { listening: left, live } = attendance([...events, leaving(1, 5), ended(2, { at: 6 })])
    assert.deepEqual([left, live], [1, 2])
  })

  test('are missed where a master wants more than live', () => {
    assert.equal(attendance([forked(1), { kind: 'wanted', count: 4 }]).configured, 4)
  })

  test('is a primary that serves itself, and none that does not', () => {
    const roster = happened([forked(1)])
    roster.reported(worker(0, { role: 'primary' }), at(1))
    assert.equal(roster.counts().servesItself, false)
    roster.reported(worker(0, { role: 'single' }), at(2))
    assert.deepEqual(roster.counts(), {
      servesItself: true,
      listening: 0,
      live: 1,
      configured: 1,
    })
  })
})

describe('a process that was not forked', () => {
  test('alone is worker 1 and has no master', () => {
    const roster = new WorkerRegistry({ slots: false })
    const source = worker(1, { role: 'single', startSeconds: start })
    roster.reported(source, at(1))
    assert.equal(roster.workerIdOf(source), `worker_1_${start}`)
    assert.deepEqual(statesOf(roster), [[`worker_1_${start}`, 'running', start, 1]])
    assert.ok(!Object.keys(valuesOf(roster)).some((series) => series.startsWith('master_')))
  })

  test('a primary that serves no requests is no worker', () => {
    const roster = happened([])
    roster.reported(worker(0, { role: 'primary' }), at(1))
    assert.deepEqual(statesOf(roster), [])
    assert.equal(valuesOf(roster)['master_workers {"state":"configured"}'], 0)
  })

  test('a primary that serves requests itself is worker 0, and counts as no worker', () => {
    const roster = happened([forked(1)])
    roster.reported(worker(0, { role: 'single', startSeconds: start }), at(1))
    assert.deepEqual(statesOf(roster), [[`worker_0_${start}`, 'running', start, 1]])
    assert.equal(endsOf(roster, 'worker_restart_total', {}), undefined)
    assert.equal(valuesOf(roster)['master_workers {"state":"live"}'], 1)
  })
})

describe('the primary counts', () => {
  const [two, crash, leave] = [
    [forked(1), forked(2)],
    ended(1, { code: 1 }),
    ended(1, { code: 0, voluntary: true }),
  ]
  type Row = readonly [configured: number, live: number, listening: number, replacements: number]
  const cases: Record<string, readonly [ClusterEvent[], Row]> = {
    nothing: [[forked(1)], [1, 1, 0, 0]],
    'two workers': [[...two], [2, 2, 0, 0]],
    'two that listen': [
      [...two, listening(1), listening(2), listening(2)],
      [2, 2, 2, 0],
    ],
    'a crash': [
      [...two, listening(1), listening(2), crash],
      [2, 1, 1, 0],
    ],
    'a crash and its replacement': [
      [...two, listening(1), crash, forked(3)],
      [2, 2, 0, 1],
    ],
    'a worker asked to go': [
      [...two, listening(2), leave],
      [1, 1, 1, 0],
    ],
    'a worker asked to go, and another in its place': [
      [...two, leave, forked(3)],
      [2, 2, 0, 1],
    ],
    'a replacement, and one more': [
      [...two, crash, forked(3), forked(4)],
      [3, 3, 0, 1],
    ],
    'all crash': [
      [...two, crash, ended(2, { signal: 'SIGKILL' })],
      [2, 0, 0, 0],
    ],
    'all crash and one is replaced': [
      [...two, crash, ended(2, { signal: 'SIGKILL' }), forked(3)],
      [2, 1, 0, 1],
    ],
    'one crashes, one leaves, two come': [
      [...two, crash, ended(2, { voluntary: true }), forked(3), forked(4)],
      [2, 2, 0, 2],
    ],
    'a clean end nobody asked for counts as a failure': [
      [...two, ended(1)],
      [2, 1, 0, 0],
    ],
    'a replacement that crashes in turn': [
      [...two, crash, forked(3), ended(3, { code: 1 }), forked(4)],
      [2, 2, 0, 2],
    ],
    'a second end of the same worker is none': [
      [...two, crash, crash, forked(3)],
      [2, 2, 0, 1],
    ],
  }
  for (const [title, [events, expected]] of Object.entries(cases)) {
    test(title, () => {
      const shown = valuesOf(happened(events))
      const states = ['configured', 'live', 'listening'].map(
        (state) => shown[`master_workers {"state":"${state}"}`],
      )
      assert.deepEqual([...states, shown['master_worker_restarts_total {}']], expected)
    })
  }

  test('signals, and one chld per end', () => {
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

  test('what it counted stays when the workers’ own series expire', () => {
    const roster = happened([...two, crash, forked(3), ended(2, { signal: 'SIGKILL' })])
    roster.expire(at(0) + stateLimits.retentionMs * 2)
    const shown = valuesOf(roster)
    assert.equal(shown['master_worker_restarts_total {}'], 1)
    assert.equal(shown['master_worker_restart_total {"reason":"chld"}'], 2)
    assert.equal(shown['master_workers {"state":"configured"}'], 2)
  })
})

describe('ended workers expire', () => {
  test('after the retention, not before', () => {
    const roster = happened([forked(1), forked(2), ended(1, { at: 10 }), ended(2, { at: 20 })])
    assert.deepEqual(roster.expire(at(10) + stateLimits.retentionMs), [])
    assert.deepEqual(roster.expire(at(10) + stateLimits.retentionMs + 1), [1])
    assert.deepEqual(roster.expire(at(10) + stateLimits.retentionMs + 1), [])
    assert.deepEqual(new Set(statesOf(roster).map(([id]) => id)), new Set([`worker_2_${start}`]))
    assert.deepEqual(roster.expire(at(20) + stateLimits.retentionMs + 1), [2])
    assert.deepEqual(statesOf(roster), [])
  })

  test('when there are too many: those that ended first', () => {
    const forkNumbers = Array.from(
      { length: stateLimits.retainedWorkers + 3 },
      (_, index) => index + 1,
    )
    const roster = happened(forkNumbers.map((forkNumber) => forked(forkNumber)))
    // The eldest end last.
    for (const forkNumber of forkNumbers.toReversed()) roster.apply(ended(forkNumber, { at: 1 }))
    assert.deepEqual(roster.expire(at(2)), forkNumbers.slice(-3).toReversed())
    assert.deepEqual(roster.expire(at(2)), [])
  })

  test('and live ones never do', () => {
    const roster = happened([forked(1)])
    roster.reported(worker(1), at(1))
    assert.deepEqual(roster.expire(at(0) + 1_000 * stateLimits.retentionMs), [])
    assert.equal(statesOf(roster).length, 1)
  })
})

describe('under a master that says how many it wants', () => {
  const two: readonly ClusterEvent[] = [{ kind: 'wanted', count: 2 }, forked(1), forked(2)]
  const replacements = (events: readonly ClusterEvent[]): unknown =>
    endsOf(happened([...two, ...events]), 'master_worker_restarts_total', {})

  test('a replacement that was forked before its worker ended counts when that one ends', () => {
    const advance = [forked(3), ended(1, { code: 0 })]
    assert.equal(replacements([forked(3)]), 0)
    assert.equal(replacements(advance), 1)
    // One more is wanted, which is nobody's replacement.
    assert.equal(replacements([...advance, { kind: 'wanted', count: 3 }, forked(4)]), 1)
    assert.equal(replacements([...advance, ended(2, { code: 1 }), forked(4)]), 2)
  })

  test('a worker that the master retires counts once, and so does the next that ends', () => {
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
    const roster = slotted([forked(1), forked(2), forked(3)])
    for (const forkNumber of [1, 2, 3]) roster.reported(worker(forkNumber), at(1))
    assert.deepEqual(idsOf(roster, [1, 2, 3]), ['worker_1', 'worker_2', 'worker_3'])
    roster.apply(ended(2, { code: 1 }))
    roster.apply(forked(4))
    roster.apply(forked(5))
    assert.deepEqual(idsOf(roster, [1, 3, 4, 5]), ['worker_1', 'worker_3', 'worker_2', 'worker_4'])
  })

  test('leave number 0 to a primary that serves requests itself', () => {
    const roster = slotted([forked(1)])
    const primary = worker(0, { role: 'single' })
    roster.reported(primary, at(1))
    roster.apply(forked(2))
    assert.equal(roster.workerIdOf(primary), 'worker_0')
    assert.deepEqual(idsOf(roster, [1, 2]), ['worker_1', 'worker_2'])
  })

  test('have one series per state: that of who is in it now', () => {
    const roster = slotted([forked(1, 0), ended(1, { at: 10, code: 1 }), forked(2, 11)])
    roster.reported(worker(2, { startSeconds: start + 11 }), at(12))
    assert.deepEqual(statesOf(roster), [['worker_1', 'running', start + 11, 1]])
    roster.apply(ended(2, { at: 20, signal: 'SIGKILL' }))
    assert.deepEqual(statesOf(roster), [
      ['worker_1', 'running', start + 11, 0],
      ['worker_1', 'abort', start + 20, 1],
    ])
  })

  test('have counts that go on from worker to worker, for ever', () => {
    const roster = slotted([forked(1), ended(1, { code: 1 }), forked(2), ended(2, { code: 1 })])
    const named = { worker_id: 'worker_1', reason: 'error', restart_type: 'crash' }
    const counts = (): unknown[] => [
      endsOf(roster, 'worker_restart_total', { worker_id: 'worker_1', reason: 'error' }),
      endsOf(roster, 'worker_restart_count_total', named),
      endsOf(roster, 'master_worker_restart_count_total', named),
    ]
    assert.deepEqual(counts(), [2, 2, 2])
    roster.apply(forked(3))
    roster.reported(worker(3), at(5))
    assert.deepEqual(counts(), [2, 2, 2])
    roster.apply(ended(3, { code: 1 }))
    assert.deepEqual(counts(), [3, 3, 3])
    roster.expire(at(0) + 2 * stateLimits.retentionMs)
    roster.apply(forked(4))
    roster.reported(worker(4), at(6))
    assert.deepEqual(counts(), [3, 3, 3])
  })
})

describe('whatever happens', () => {
  for (const slots of [false, true]) {
    test(`no series is there twice, and no count falls, ${slots ? 'in slots' : 'by fork number'}`, () => {
      for (let seed = 1; seed <= 100; seed += 1) endure(new Random(seed), { slots })
    })
  }

  function endure(random: Random, options: { slots: boolean }): void {
    const roster = new WorkerRegistry(options)
    let before: Record<string, number> = {}
    for (let step = 1; step <= 80; step += 1) {
      const forkNumber = 1 + random.below(step)
      roster.apply(
        random.pick([forked(step, step), forked(step, step), ...eventsOf(forkNumber, step)]),
      )
      if (random.chance(0.5)) roster.reported(worker(forkNumber), at(step))
      const later = at(step) + 2 * stateLimits.retentionMs
      const expires = random.chance(0.05) && roster.expire(later).length > 0
      const now = valuesOf(roster)
      // An id that ends with its worker takes its counts along, a slot's does not.
      neverDown(expires && !options.slots ? lasting(before) : before, now)
      before = now
    }
  }

  function eventsOf(forkNumber: number, step: number): ClusterEvent[] {
    return [
      listening(forkNumber),
      leaving(forkNumber, step),
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
  const roster = new WorkerRegistry(options)
  for (const event of events) roster.apply(event)
  return roster
}

function forked(forkNumber: number, seconds = 0): ClusterEvent {
  return { kind: 'forked', forkNumber, at: at(seconds) }
}

function listening(forkNumber: number): ClusterEvent {
  return { kind: 'listening', forkNumber }
}

function leaving(forkNumber: number, seconds: number): ClusterEvent {
  return { kind: 'leaving', forkNumber, at: at(seconds) }
}

/** A clean end nobody asked for, unless told otherwise; `at` in seconds. */
function ended(forkNumber: number, given: Partial<Ended> = {}): Ended {
  const code = given.signal ? null : 0
  const base = { kind: 'ended', forkNumber, code, signal: null, voluntary: false } as const
  return { ...base, ...given, at: at(given.at ?? 0) }
}

function worker(forkNumber: number, given: Partial<Source> = {}): Source {
  return { role: 'worker', forkNumber, startSeconds: start + 1, pid: 4_000 + forkNumber, ...given }
}

/** Values by name without its prefix and labels in the order they are given; no series may be there twice. */
function valuesOf(roster: WorkerRegistry, now = at(100)): Record<string, number> {
  const values: Record<string, number> = {}
  for (const { descriptor, points } of roster.metrics(now)) {
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

function statesOf(roster: WorkerRegistry): State[] {
  const states = roster
    .metrics(at(100))
    .find(({ descriptor }) => descriptor.name === 'gunicorn_worker_state')
  return (states?.points ?? []).map(({ attributes, value }): State => {
    const { worker_id: id, state, timestamp } = attributes
    return [id, state, Number(timestamp), value]
  })
}

/** Sum of a metric's points that have these labels; undefined where there are none. */
function endsOf(roster: WorkerRegistry, name: string, labels: Attributes): number | undefined {
  const metric = roster
    .metrics(at(100))
    .find(({ descriptor }) => descriptor.name === `${prefix}${name}`)
  const values = (metric?.points ?? [])
    .filter(({ attributes }) =>
      Object.entries(labels).every(([label, value]) => attributes[label] === value),
    )
    .map(({ value }) => value as number)
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value)
}

function idsOf(roster: WorkerRegistry, forkNumbers: readonly number[]): string[] {
  return forkNumbers.map((forkNumber) => roster.workerIdOf(worker(forkNumber)))
}
