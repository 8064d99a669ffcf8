import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import type { RunSettings } from '../../../src/master/settings/run-settings.ts'
import { ManagedWorker } from '../../../src/master/worker/managed-worker.ts'
import { notingHooks, testLog } from '../../support/master/bench.ts'
import { FakeWorker } from '../../support/master/fake-cluster.ts'
import { runSettings } from '../../support/master/run-settings.ts'

interface Bench {
  readonly managed: ManagedWorker
  readonly worker: FakeWorker
  readonly lines: () => string[]
  readonly calls: unknown[][]
  /** What the worker has reported to its master. */
  readonly reported: string[]
  readonly tick: (ms: number) => void
  /** Moves the clock, without timers. */
  readonly pass: (ms: number) => void
  /** The master is about to stop. */
  readonly ignoreSignals: () => void
}

function bench(
  context: TestContext,
  settings: Partial<RunSettings> = {},
  worker = new FakeWorker(4, undefined),
): Bench {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const { log, lines } = testLog(context)
  const { hooks, calls } = notingHooks(log)
  const reported: string[] = []
  let now = 0
  let heeds = true
  const managed = new ManagedWorker({
    worker: worker.asWorker(),
    generation: 3,
    settings: runSettings(settings),
    hooks,
    log,
    now: () => now,
    onChange: () => void reported.push('change'),
    onBootTimeout: () => void reported.push('boot timeout'),
    onLasted: () => void reported.push('lasted'),
    heedsSignals: () => heeds,
    exporter: { tellsDeaths: () => false, heldBy: undefined },
  })
  return {
    ...{ managed, worker, lines, calls, reported },
    tick: (ms) => context.mock.timers.tick(ms),
    pass(ms) {
      now += ms
    },
    ignoreSignals() {
      heeds = false
    },
  }
}

describe('ManagedWorker', () => {
  test('boots, serves, retires and ends', (context) => {
    const { managed, worker, calls, reported } = bench(context)
    assert.deepEqual([managed.state, managed.isEnding, managed.generation], ['booting', false, 3])
    managed.serves()
    managed.serves()
    assert.deepEqual(
      [managed.state, managed.isEnding, managed.cause],
      ['serving', false, undefined],
    )
    assert.deepEqual(reported, [])
    managed.retire('hup')
    managed.retire('ttou')
    assert.deepEqual([managed.state, managed.isEnding, managed.cause], ['retiring', true, 'hup'])
    assert.deepEqual(worker.commands, ['RETIRE'])
    managed.ended(0, null)
    assert.deepEqual([managed.state, managed.isEnding], ['ended', true])
    assert.equal(managed.hasFailedToBoot, false)
    const server = { pid: process.pid }
    assert.deepEqual(calls, [['workerExit', server, { pid: 1004, age: 4, reason: 'hup' }]])
  })

  for (const [title, act, code, level, suffix, hasFailed] of [
    ['an end before it served', () => {}, 1, 'ERROR', '', true],
    ['an end while it serves', (each) => each.serves(), 0, 'ERROR', '', false],
    ['an end that the master asked for', (each) => each.retire('hup'), 1, 'INFO', ' (hup)', false],
    [
      'an end for which a cause is set',
      (each) => each.setCause('term'),
      1,
      'INFO',
      ' (term)',
      false,
    ],
  ] as const satisfies readonly [
    string,
    (managed: ManagedWorker) => void,
    number,
    string,
    string,
    boolean,
  ][]) {
    test(`logs ${title}`, (context) => {
      const { managed, lines } = bench(context)
      act(managed)
      managed.ended(code, null)
      assert.equal(lines().at(-1), `[${level}] Worker (pid:1004) ended with code ${code}${suffix}`)
      assert.equal(managed.hasFailedToBoot, hasFailed)
    })
  }

  for (const [code, level, suffix] of [
    [0, 'INFO', ' (quit)'],
    [1, 'ERROR', ''],
  ] as const) {
    test(`logs the end of a worker that another process asked, code ${code}`, (context) => {
      const { managed, worker, lines, reported, tick } = bench(context)
      managed.serves()
      worker.says('ASKED')
      worker.says('ASKED')
      tick(masterLimits.groupSignalMs)
      assert.deepEqual(worker.commands, ['HEARD', 'HEARD'])
      assert.deepEqual([reported, managed.state], [['change'], 'spent'])
      worker.process.exitCode = code
      managed.ended(code, null)
      assert.equal(lines().at(-1), `[${level}] Worker (pid:1004) ended with code ${code}${suffix}`)
    })
  }

  for (const signal of ['SIGSEGV', 'SIGABRT', 'SIGKILL']) {
    test(`has no cause of the master after ${signal} from elsewhere`, (context) => {
      const { managed, worker, lines } = bench(context)
      managed.serves()
      managed.retire('hup')
      worker.process.signalCode = signal
      assert.equal(managed.cause, undefined)
      managed.ended(null, signal)
      assert.equal(lines().at(-1), `[ERROR] Worker (pid:1004) ended by signal ${signal}`)
    })
  }

  test('has the cause of the master after SIGKILL by the master', (context) => {
    const { managed, worker, tick } = bench(context, { gracefulTimeoutMs: 1_000 })
    managed.serves()
    managed.retire('hup')
    tick(1_000)
    worker.process.signalCode = 'SIGKILL'
    assert.equal(managed.cause, 'hup')
  })

  test('keeps the cause of the master after a signal of another process', (context) => {
    const { managed, worker } = bench(context)
    worker.says('ASKED')
    assert.equal(managed.cause, 'quit')
    managed.setCause('term')
    assert.equal(managed.cause, 'term')
  })

  test('forgets a signal that the application ignores', (context) => {
    const { managed, worker, pass } = bench(context, { gracefulTimeoutMs: 700 })
    managed.serves()
    worker.says('ASKED', 'SIGHUP')
    assert.deepEqual([managed.state, managed.cause], ['serving', 'quit'])
    pass(700 + masterLimits.killAfterMs)
    assert.equal(managed.cause, 'quit')
    pass(1)
    assert.equal(managed.cause, undefined)
  })

  test('gets a signal in place of a command when it has closed its channel', (context) => {
    const { managed, worker } = bench(context)
    managed.serves()
    worker.process.connected = false
    managed.retire('hup')
    managed.quit('int')
    assert.deepEqual([worker.commands, worker.signals], [[], ['SIGTERM', 'SIGINT']])
  })

  test('gets SIGKILL at the graceful timeout', (context) => {
    const { managed, worker, tick, lines } = bench(context, { gracefulTimeoutMs: 700 })
    managed.serves()
    managed.retire('hup')
    tick(699)
    assert.deepEqual(worker.signals, [])
    tick(1)
    assert.deepEqual(worker.signals, ['SIGKILL'])
    assert.equal(lines().at(-1), '[DEBUG] Worker (pid:1004) did not end in time: SIGKILL')
  })

  test('gets no SIGKILL without a graceful timeout', (context) => {
    const { managed, worker, tick } = bench(context, { gracefulTimeoutMs: 0 })
    managed.retire('hup')
    tick(10_000_000)
    assert.deepEqual(worker.signals, [])
  })

  test('gets no SIGKILL after its end', (context) => {
    const { managed, worker, tick } = bench(context, { gracefulTimeoutMs: 700 })
    managed.retire('hup')
    managed.ended(0, null)
    tick(700)
    assert.deepEqual(worker.signals, [])
  })

  test(`gets SIGKILL ${masterLimits.killAfterMs} ms after the command to quit`, (context) => {
    const { managed, worker, tick, calls } = bench(context)
    managed.retire('hup')
    managed.quit('int')
    assert.deepEqual([managed.state, managed.cause], ['killed', 'hup'])
    assert.deepEqual(worker.commands, ['RETIRE', 'QUIT'])
    assert.deepEqual(calls.at(-1), ['workerInt', { pid: 1004, age: 4 }])
    tick(masterLimits.killAfterMs - 1)
    assert.deepEqual(worker.signals, [])
    tick(1)
    assert.deepEqual(worker.signals, ['SIGKILL'])
    tick(100_000)
    assert.deepEqual(worker.signals, ['SIGKILL'])
  })

  test('gets no command after its end, nor without a channel', (context) => {
    const { managed, worker } = bench(context)
    worker.process.connected = false
    managed.retire('hup')
    managed.reopenLogs()
    assert.deepEqual(worker.commands, [])
    worker.process.connected = true
    managed.ended(0, null)
    managed.quit('int')
    managed.drop('hup')
    assert.deepEqual(worker.commands, [])
    assert.equal(managed.state, 'ended')
  })

  test('gets SIGTERM when dropped, because a booting worker reads no message', (context) => {
    const { managed, worker } = bench(context)
    managed.drop('hup')
    managed.drop('hup')
    assert.deepEqual([worker.signals, worker.commands], [['SIGTERM'], ['RETIRE']])
    assert.deepEqual([managed.state, managed.cause], ['retiring', 'hup'])
  })

  test('gets no further command to retire when killed', (context) => {
    const { managed, worker } = bench(context)
    managed.quit('int')
    managed.retire('hup')
    assert.deepEqual([managed.isEnding, managed.state, worker.commands], [true, 'killed', ['QUIT']])
  })

  test('gets SIGKILL at the shortest graceful timeout', (context) => {
    const { managed, worker, tick } = bench(context, { gracefulTimeoutMs: 1 })
    managed.retire('hup')
    tick(1)
    assert.deepEqual(worker.signals, ['SIGKILL'])
  })

  test('is dropped only while it boots', (context) => {
    const { managed, worker } = bench(context)
    managed.serves()
    managed.drop('hup')
    assert.deepEqual([worker.signals, worker.commands], [[], []])
  })

  test('is spent only while it serves', (context) => {
    const { managed, worker, reported } = bench(context)
    managed.serves()
    worker.says('SPENT')
    worker.says('SPENT')
    assert.deepEqual([managed.state, managed.leaveCause], ['spent', 'max_requests'])
    assert.deepEqual(reported, ['change'])
    managed.serves()
    assert.equal(managed.state, 'spent')
  })

  test('is spent at once where it served its requests before it was ready', (context) => {
    const { managed, worker } = bench(context)
    worker.says('SPENT')
    assert.equal(managed.state, 'booting')
    managed.serves()
    assert.equal(managed.state, 'spent')
  })

  test('leaves above the memory limit', (context) => {
    const { managed, worker } = bench(context, { maxMemoryBytes: 4_095 })
    managed.serves()
    worker.says('BEAT')
    assert.deepEqual([managed.state, managed.leaveCause], ['spent', 'max_memory'])
  })

  test('stays at the memory limit', (context) => {
    const { managed, worker } = bench(context, { maxMemoryBytes: 4_096 })
    managed.serves()
    worker.says('BEAT')
    assert.equal(managed.state, 'serving')
  })

  test('retires after SIGTERM without a replacement in time', (context) => {
    const { managed, worker, tick } = bench(context, { bootTimeoutMs: 2_000 })
    managed.serves()
    worker.says('ASKED')
    tick(masterLimits.groupSignalMs)
    tick(2_000)
    assert.deepEqual([managed.state, managed.cause], ['retiring', 'quit'])
  })

  test('ends at once after SIGTERM while it boots', (context) => {
    const { managed, worker, tick } = bench(context)
    worker.says('ASKED')
    tick(masterLimits.groupSignalMs)
    assert.deepEqual([managed.state, worker.signals], ['retiring', ['SIGTERM']])
  })

  test('ends at once after SIGTERM and then SIGINT', (context) => {
    const { managed, worker, tick } = bench(context)
    managed.serves()
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) worker.says('ASKED', signal)
    tick(masterLimits.groupSignalMs)
    assert.deepEqual([managed.state, managed.cause], ['killed', 'quit'])
  })

  test('leaves its signals to a master that is about to stop', (context) => {
    const { managed, worker, tick, ignoreSignals } = bench(context)
    managed.serves()
    worker.says('ASKED')
    ignoreSignals()
    tick(masterLimits.groupSignalMs)
    assert.equal(managed.state, 'serving')
  })

  test('is released when its servers have closed', (context) => {
    const { worker } = bench(context)
    worker.says('BEAT')
    assert.deepEqual(worker.commands, [])
    worker.says('CLOSED')
    assert.deepEqual(worker.commands, ['RELEASE'])
  })

  test('ignores the messages of an application', (context) => {
    const { managed, worker, reported } = bench(context)
    for (const message of [null, 'NODE_GUNICORN_SPENT', {}, { cmd: 'NODE_OTHER' }, { cmd: 7 }]) {
      worker.process.emit('internalMessage', message)
    }
    assert.deepEqual([managed.state, reported, worker.commands], ['booting', [], []])
  })

  test('tells when it does not become ready in time', (context) => {
    const { managed, tick, reported } = bench(context, { bootTimeoutMs: 2_000 })
    tick(1_999)
    assert.deepEqual(reported, [])
    tick(1)
    managed.extendBoot()
    tick(2_000)
    assert.deepEqual(reported, ['boot timeout', 'boot timeout'])
  })

  test('tells when it has lived for longer than a short life', (context) => {
    const { managed, tick, pass, reported } = bench(context)
    assert.equal(managed.hasLivedShortly, false)
    managed.serves()
    assert.equal(managed.hasLivedShortly, true)
    tick(masterLimits.shortLifeMs)
    pass(masterLimits.shortLifeMs)
    assert.deepEqual([reported, managed.hasLivedShortly], [['lasted'], false])
  })

  test('tells nothing after its end', (context) => {
    const { managed, tick, reported } = bench(context, { timeoutMs: 0 })
    managed.ended(1, null)
    tick(runSettings().bootTimeoutMs)
    assert.equal(managed.state, 'ended')
    assert.deepEqual(reported, [])
  })

  test('is hung from SIGABRT until its end', (context) => {
    const { managed, worker, tick, calls } = bench(context, { timeoutMs: 1_000 })
    managed.serves()
    managed.checkHeartbeat(1_000, false)
    assert.equal(managed.isHung, false)
    managed.checkHeartbeat(1_001, false)
    assert.deepEqual(calls.at(-1), ['workerAbort', { pid: 1004, age: 4 }])
    managed.checkHeartbeat(5_000, false)
    assert.deepEqual([managed.isHung, worker.signals], [true, ['SIGABRT']])
    tick(masterLimits.killAfterMs)
    assert.deepEqual(worker.signals, ['SIGABRT', 'SIGKILL'])
    managed.ended(null, 'SIGKILL')
    assert.equal(managed.isHung, false)
    managed.checkHeartbeat(9_000, false)
    assert.deepEqual(worker.signals, ['SIGABRT', 'SIGKILL'])
  })

  test('retires without a channel, because its silence is no hang', (context) => {
    const { managed, worker, reported } = bench(context, { timeoutMs: 1_000 })
    managed.serves()
    worker.process.connected = false
    managed.checkHeartbeat(1_000, false)
    assert.equal(managed.state, 'serving')
    for (const now of [1_001, 9_000]) managed.checkHeartbeat(now, false)
    assert.deepEqual([managed.state, managed.isHung, managed.cause], ['retiring', false, 'quit'])
    assert.deepEqual([worker.signals, reported], [['SIGTERM'], ['change']])
  })

  test('fails to boot when it hangs before it serves', (context) => {
    const { managed } = bench(context, { timeoutMs: 1_000 })
    managed.checkHeartbeat(1_001, false)
    assert.equal(managed.hasFailedToBoot, false)
    managed.ended(null, 'SIGABRT')
    assert.equal(managed.hasFailedToBoot, true)
  })

  test('is not watched without a timeout', (context) => {
    const off = bench(context, { timeoutMs: 0 })
    off.managed.checkHeartbeat(1e9, false)
    assert.deepEqual(off.worker.signals, [])
  })

  test('starts its silence over when the master was late', (context) => {
    const { managed, worker } = bench(context, { timeoutMs: 1_000 })
    managed.checkHeartbeat(5_000, true)
    managed.checkHeartbeat(6_000, false)
    assert.deepEqual(worker.signals, [])
    managed.checkHeartbeat(6_001, false)
    assert.deepEqual(worker.signals, ['SIGABRT'])
  })
})
