import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlLimits } from '../../../../src/limits/tools/control.ts'
import { answerer } from '../../../../src/master/control/commands/commands.ts'
import type { ControlResponse } from '../../../../src/master/control/message.ts'
import type { MasterOverview } from '../../../../src/master/worker/overview.ts'
import { withoutCodes } from '../../../support/config/sentences.ts'
import { runSettings } from '../../../support/master/run-settings.ts'

const gone = new AbortController().signal

const hang = { state: 'hanging', seconds: 3, heldBy: 'work (app.js:1:1)', stack: 'work' }
const view = {
  status: JSON.stringify({
    hang: null,
    workers: [
      { pid: 11, workerId: 'worker_1_5', hang },
      { pid: 13, workerId: 'worker_3_6', hang: null },
    ],
    deaths: [{ pid: 12, reason: 'oom' }],
  }),
  routes: [],
}

interface Acts {
  readonly scaled: number[]
  readonly signals: (readonly [pid: number, signal: string])[]
  readonly faults: string[]
  readonly lines: string[]
}

function control(overview: Partial<MasterOverview> = {}): Acts & {
  readonly ask: (command: string) => Promise<ControlResponse>
} {
  const acts: Acts = { scaled: [], signals: [], faults: [], lines: [] }
  const answer = answerer({
    overview: () => ({
      settings: runSettings({ workers: 2 }),
      isServing: true,
      wanted: 2,
      spawned: 3,
      killed: 1,
      reloads: 0,
      workers: [
        { pid: 11, forkNumber: 1, state: 'serving', isHung: false, silenceSeconds: 0.123_4 },
        { pid: 13, forkNumber: 3, state: 'booting', isHung: false, silenceSeconds: null },
      ],
      ...overview,
    }),
    listeners: () => [{ address: 'http://127.0.0.1:80', type: 'tcp', descriptor: 20 }],
    socket: '/run/app.ctl',
    view: async () => view,
    profiles: {
      take: async ({ pid }) => ({ path: `/tmp/${pid}.cpuprofile`, bytes: 5, isHung: false }),
    },
    scale: (by) => acts.scaled.push(by),
    kill: (pid, signal) => acts.signals.push([pid, signal]),
    log: { write: (level, text) => acts.lines.push(`${level}: ${withoutCodes(text)}`) },
    onFault: () => acts.faults.push('fault'),
  })
  const ask = (command: string): Promise<ControlResponse> =>
    answer({ id: 1, words: command.split(' ').filter(Boolean) }, gone)
  return { ...acts, ask }
}

async function dataOf(answer: Promise<ControlResponse>): Promise<unknown> {
  const response = await answer
  assert.equal(response.status, 'ok', JSON.stringify(response))
  return response.status === 'ok' ? response.data : undefined
}

async function errorOf(answer: Promise<ControlResponse>): Promise<string> {
  const response = await answer
  if (response.status !== 'error') assert.fail(JSON.stringify(response))
  assert.match(response.error, / \(GPE_CONTROL_[A-Z_]+\)$/)
  return withoutCodes(response.error)
}

describe('The commands of a control socket', () => {
  test('list workers in the shape of gunicorn', async () => {
    const { ask } = control()
    const [serving, booting] = [
      { pid: 11, age: 1, booted: true, aborted: false, last_heartbeat: 0.12, state: 'serving' },
      { pid: 13, age: 3, booted: false, aborted: false, last_heartbeat: null, state: 'booting' },
    ]
    assert.deepEqual(await dataOf(ask('show workers')), { workers: [serving, booting], count: 2 })
    assert.deepEqual(await dataOf(ask('SHOW Listeners')), {
      listeners: [{ address: 'http://127.0.0.1:80', fd: 20, type: 'tcp' }],
      count: 1,
    })
  })

  test('add and remove workers, but never the last worker', async () => {
    const { ask, scaled } = control()
    assert.deepEqual(await dataOf(ask('worker add')), { added: 1, previous: 2, total: 3 })
    assert.deepEqual(await dataOf(ask('worker add 3')), { added: 3, previous: 2, total: 5 })
    assert.deepEqual(await dataOf(ask('worker remove 9')), { removed: 1, previous: 2, total: 1 })
    assert.deepEqual(scaled, [1, 3, -1])
    const last = control({ wanted: 1 })
    assert.deepEqual(await dataOf(last.ask('worker remove')), {
      removed: 0,
      previous: 1,
      total: 1,
    })
    assert.deepEqual(last.scaled, [])
  })

  test('ask for no more workers than the setting allows', async () => {
    const { ask, scaled } = control({ wanted: controlLimits.workers - 1 })
    assert.match(await errorOf(ask('worker add 2')), /1023 workers are wanted; allowed are 1024/)
    assert.deepEqual(await dataOf(ask('worker add 1')), { added: 1, previous: 1023, total: 1024 })
    assert.deepEqual(scaled, [1])
  })

  test('signal the master and workers, and no other process', async () => {
    const { ask, signals } = control()
    assert.deepEqual(await dataOf(ask('worker kill 13')), { success: true, killed: 13 })
    assert.deepEqual(await dataOf(ask('worker kill 1')), {
      success: false,
      error: 'Worker 1 not found',
    })
    assert.deepEqual(await dataOf(ask('reload')), { status: 'reloading' })
    assert.deepEqual(await dataOf(ask('reopen')), { status: 'reopening' })
    for (const [given, mode] of [
      ['shutdown', 'graceful'],
      ['shutdown quick', 'quick'],
    ] as const) {
      assert.deepEqual(await dataOf(ask(given)), { status: 'shutting_down', mode })
    }
    const own = process.pid
    assert.deepEqual(signals, [
      [13, 'SIGTERM'],
      [own, 'SIGHUP'],
      [own, 'SIGUSR1'],
      [own, 'SIGTERM'],
      [own, 'SIGINT'],
    ])
  })

  test('that change the workers are refused while the master starts or ends', async () => {
    const { ask, scaled, signals } = control({ isServing: false })
    for (const command of ['worker add', 'worker remove', 'reload']) {
      assert.match(await errorOf(ask(command)), /The master is starting or ending/)
    }
    assert.deepEqual([scaled, signals], [[], []])
    assert.equal((await ask('shutdown')).status, 'ok')
  })

  for (const [command, error] of [
    ['bogus', /^"bogus" is not a command; allowed are show all, show workers, .* show help\.$/],
    ['show wrkers', /^"show wrkers" is not a command; did you mean show workers\? Allowed are/],
    ['worker', /^"worker" is not a command; allowed are worker add, worker remove, worker kill/],
    ['', /^The command is empty; allowed are /],
    ['worker kill', /^PID is missing; allowed is a whole number from 1 to 4194304\.$/],
    ['worker kill 1e3', /^PID is "1e3"; allowed/],
    ['worker add -1', /^N is "-1"; allowed is a whole number from 1 to 1024\.$/],
    ['worker add 1 2', /^"2" is one operand too many\.$/],
    ['shutdown fast', /^The mode is "fast"; allowed is graceful or quick\.$/],
  ] as const) {
    test(`refuse “${command}” with what is allowed`, async () => {
      const { ask, faults, scaled, signals } = control()
      assert.match(await errorOf(ask(command)), error)
      assert.deepEqual([faults, scaled, signals], [[], [], []])
    })
  }

  test('that fail are counted, logged and answered', async () => {
    const { ask, faults, lines } = control({
      get workers(): never {
        throw new Error('no workers')
      },
    })
    assert.equal(await errorOf(ask('show stats')), 'The command failed: no workers')
    assert.deepEqual(faults, ['fault'])
    assert.ok(lines.includes('error: Control socket: a command failed: no workers'))
  })

  test('show what the exporter knows', async () => {
    const { ask } = control()
    assert.deepEqual(await dataOf(ask('show deaths')), {
      deaths: [{ pid: 12, reason: 'oom' }],
      count: 1,
    })
    assert.deepEqual(await dataOf(ask('show hang')), {
      master: null,
      workers: [{ pid: 11, worker_id: 'worker_1_5', ...hang }],
      count: 1,
    })
    assert.deepEqual(await dataOf(ask('show routes')), { routes: [], count: 0 })
  })

  test('show no secret', async () => {
    const { ask } = control()
    const config = JSON.stringify(await dataOf(ask('show config')))
    assert.match(config, /"control_socket":"\/run\/app.ctl"/)
    assert.match(config, /"PROMETHEUS_AUTH_PASSWORD":"none"/)
  })

  test('have one line each in the log, at debug for questions', async () => {
    const { ask, lines } = control()
    await ask('show stats')
    await ask('worker add')
    assert.deepEqual(lines, [
      'debug: Control socket: show stats',
      'info: Control socket: worker add',
    ])
  })
})
