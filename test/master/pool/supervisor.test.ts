import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import type { HookCaller } from '../../../src/master/hooks/hooks.ts'
import { Supervisor } from '../../../src/master/pool/supervisor.ts'
import { notingHooks, testLog } from '../../support/master/bench.ts'
import { FakeCluster } from '../../support/master/fake-cluster.ts'
import { runSettings } from '../../support/master/run-settings.ts'

interface Bench {
  readonly supervisor: Supervisor
  readonly cluster: FakeCluster
  readonly hooks: HookCaller
  readonly lines: () => string[]
  /** The calls of the supervisor's listeners, in order. */
  readonly events: string[]
  readonly tick: (ms: number) => void
}

/** A started supervisor over a fake cluster, with mocked timers. */
function bench(context: TestContext, workers: number, timeoutMs = 0): Bench {
  context.mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] })
  const { log, lines } = testLog(context)
  const { hooks } = notingHooks(log)
  const cluster = new FakeCluster()
  const events: string[] = []
  const supervisor = new Supervisor({
    cluster: cluster.asCluster(),
    settings: runSettings({ workers, timeoutMs }),
    hooks,
    log,
    now: () => 0,
    onWanted: (count) => void events.push(`wanted ${count}`),
    exporter: { tellsDeaths: () => false, heldBy: undefined },
    onReady: () => void events.push('ready'),
    onReloadFailed: () => undefined,
    onHopeless: (failures) => void events.push(`hopeless ${failures}`),
    onEnded: () => void events.push('ended'),
  })
  supervisor.start()
  events.length = 0
  return { supervisor, cluster, hooks, lines, events, tick: (ms) => context.mock.timers.tick(ms) }
}

const { bootTimeoutMs } = runSettings()

function signals(cluster: FakeCluster): string[] {
  return cluster.forked.map((worker) => worker.signals.join(' '))
}

describe('Supervisor', () => {
  test('reports each change of the wanted number of workers', (context) => {
    const { supervisor, hooks, events } = bench(context, 2)
    supervisor.want(3)
    supervisor.reload(runSettings({ workers: 1 }), hooks)
    supervisor.rest('winch')
    assert.deepEqual(events, ['wanted 3', 'wanted 1', 'wanted 0'])
    assert.equal(supervisor.wanted, 0)
  })

  test('replaces booting and serving workers at a reload', (context) => {
    const { supervisor, cluster, hooks } = bench(context, 2)
    cluster.listens(1)
    supervisor.reload(runSettings({ workers: 2 }), hooks)
    assert.equal(cluster.forked.length, 4)
    assert.deepEqual(cluster.worker(2).signals, ['SIGTERM'])
    cluster.listens(3)
    assert.deepEqual(cluster.worker(1).commands, [])
    cluster.listens(4)
    assert.deepEqual(cluster.worker(1).commands, ['RETIRE'])
    assert.equal(supervisor.pool.get(1)?.cause, 'hup')
  })

  test('forks at once for a reload, although boots have failed', (context) => {
    const { supervisor, cluster, hooks } = bench(context, 1)
    cluster.ends(1, { code: 1 })
    supervisor.want(0)
    assert.equal(cluster.forked.length, 1)
    supervisor.reload(runSettings({ workers: 1 }), hooks)
    assert.equal(cluster.forked.length, 2)
  })

  test('forks at once after a rest, although old workers end', (context) => {
    const { supervisor, cluster } = bench(context, 3)
    cluster.listens(1, 2)
    supervisor.rest('winch')
    assert.deepEqual(signals(cluster), ['', '', 'SIGTERM'])
    supervisor.want(2)
    assert.equal(cluster.forked.length, 5)
    cluster.ends(1)
    assert.equal(cluster.forked.length, 5)
    assert.equal(supervisor.pool.get(1)?.cause, 'winch')
  })

  test('forks no more after its stop, although more workers are wanted', (context) => {
    const { supervisor, cluster } = bench(context, 1)
    supervisor.stop('term')
    cluster.ends(1)
    supervisor.want(2)
    assert.equal(cluster.forked.length, 1)
  })

  test('drops the newest booting worker, and retires the oldest serving worker', (context) => {
    const { supervisor, cluster } = bench(context, 4)
    cluster.listens(1, 2)
    supervisor.want(4)
    assert.deepEqual(signals(cluster), ['', '', '', ''])
    supervisor.want(3)
    assert.deepEqual(signals(cluster), ['', '', '', 'SIGTERM'])
    supervisor.want(1)
    assert.deepEqual(signals(cluster), ['', '', 'SIGTERM', 'SIGTERM'])
    assert.deepEqual(cluster.worker(1).commands, ['RETIRE'])
    assert.deepEqual(cluster.worker(2).commands, [])
    assert.equal(supervisor.pool.get(1)?.cause, 'ttou')
    assert.equal(supervisor.pool.get(3)?.cause, 'ttou')
  })

  test('replaces a spent worker when the replacement serves', (context) => {
    const { supervisor, cluster } = bench(context, 1)
    cluster.listens(1)
    cluster.worker(1).says('SPENT')
    assert.equal(cluster.forked.length, 2)
    assert.deepEqual(cluster.worker(1).commands, [])
    cluster.listens(2)
    assert.deepEqual(cluster.worker(1).commands, ['RETIRE'])
    assert.equal(supervisor.pool.get(1)?.cause, 'max_requests')
    cluster.ends(1)
    assert.equal(cluster.forked.length, 2)
    cluster.worker(2).says('SPENT')
    assert.equal(cluster.forked.length, 3)
  })

  test('logs a fork that the system refused, and forks again after a pause', (context) => {
    const { supervisor, cluster, lines, tick } = bench(context, 1)
    cluster.refusals.push(new Error('spawn ENOMEM'))
    supervisor.want(2)
    assert.equal(lines().at(-1), '[ERROR] Cannot fork a worker: spawn ENOMEM')
    assert.equal(cluster.forked.length, 1)
    tick(masterLimits.longestForkPauseMs)
    assert.equal(cluster.forked.length, 2)
  })

  test('forks at once after a rest, although a fork waited when the rest began', (context) => {
    const { supervisor, cluster } = bench(context, 2)
    cluster.ends(1, { code: 1 })
    cluster.ends(3, { code: 1 })
    assert.equal(cluster.forked.length, 3)
    cluster.listens(2)
    supervisor.rest('winch')
    supervisor.pool.get(2)?.retire('winch')
    supervisor.want(1)
    assert.equal(cluster.forked.length, 4)
  })

  test('forks no more after its stop, although a worker still serves', (context) => {
    const { supervisor, cluster, tick, events } = bench(context, 2)
    cluster.ends(1, { code: 1 })
    cluster.ends(3, { code: 1 })
    supervisor.stop('term')
    tick(masterLimits.longestForkPauseMs)
    cluster.ends(2)
    assert.equal(cluster.forked.length, 3)
    assert.equal(supervisor.pool.get(2)?.cause, 'term')
    assert.deepEqual(events, ['ended', 'ended', 'ended'])
  })

  test('counts a hung worker as a worker until the end of the worker', (context) => {
    const { supervisor, cluster } = bench(context, 2, 1_000)
    cluster.listens(1, 2)
    supervisor.pool.get(1)?.checkHeartbeat(1_001, false)
    supervisor.want(3)
    assert.equal(cluster.forked.length, 3)
    cluster.ends(1, { signal: 'SIGKILL' })
    assert.equal(cluster.forked.length, 4)
  })

  test('counts an ended worker as a worker while the channel of the worker is open', (context) => {
    const { supervisor, cluster } = bench(context, 2)
    cluster.listens(1, 2)
    cluster.ends(1, { isChannelOpen: true })
    supervisor.want(3)
    assert.equal(cluster.forked.length, 3)
    cluster.worker(1).process.emit('disconnect')
    assert.equal(cluster.forked.length, 4)
  })

  test('counts a worker as serving without a listener when no worker listens', (context) => {
    const { events, tick, lines } = bench(context, 1)
    tick(bootTimeoutMs - 1)
    assert.deepEqual(events, [])
    tick(1)
    assert.deepEqual(events, ['ready'])
    const told =
      '[WARNING] Worker (pid:1001) does not listen after 60 s. The worker counts as serving'
    assert.equal(lines().at(-1), told)
  })

  test('waits for the heartbeat of a worker that does not listen', (context) => {
    const { cluster, events, tick } = bench(context, 1, 1_000)
    tick(bootTimeoutMs)
    assert.deepEqual(events, [])
    cluster.worker(1).says('BEAT')
    tick(bootTimeoutMs)
    assert.deepEqual(events, ['ready'])
  })

  test('reports each return to the wanted number of workers', (context) => {
    const { cluster, events, tick } = bench(context, 1)
    cluster.listens(1)
    cluster.ends(1)
    tick(masterLimits.firstForkPauseMs)
    cluster.listens(2)
    assert.deepEqual(events, ['ready', 'ended', 'ready'])
  })

  for (const [title, isConnected, isKept] of [
    ['removes a worker without a process and without a channel from the cluster', false, false],
    ['leaves a worker with a channel to the cluster', true, true],
  ] as const) {
    test(title, (context) => {
      const { cluster, lines, events } = bench(context, 1)
      const { process: child } = cluster.worker(1)
      Object.assign(child, { connected: isConnected, pid: undefined })
      cluster.worker(1).emit('error', new Error('spawn EAGAIN'))
      assert.equal('1' in cluster.workers, isKept)
      assert.ok(lines().includes('[ERROR] Worker (pid:undefined) ended with code 1'))
      assert.deepEqual(events, ['ended'])
    })
  }

  test('reports an error of a live process to the log alone', (context) => {
    const { cluster, lines, events } = bench(context, 1)
    cluster.worker(1).emit('error', new Error('write EPIPE'))
    assert.equal(lines().at(-1), '[DEBUG] Worker (pid:1001): write EPIPE')
    assert.deepEqual(events, [])
  })

  test('counts the end of a worker without a process in a cluster without workers', (context) => {
    const { cluster, events } = bench(context, 1)
    Object.assign(cluster.worker(1).process, { connected: false, pid: undefined })
    Object.assign(cluster, { workers: undefined })
    cluster.worker(1).emit('error', new Error('spawn EAGAIN'))
    assert.deepEqual(events, ['ended'])
  })

  test('reports hopeless boots only while no worker serves', (context) => {
    const { cluster, events, tick } = bench(context, 1)
    for (let id = 1; id <= masterLimits.failedBoots; id += 1) {
      cluster.ends(id, { code: 1 })
      tick(masterLimits.longestForkPauseMs)
    }
    const failures = masterLimits.failedBoots
    assert.deepEqual(events, ['ended', 'ended', `hopeless ${failures}`, 'ended'])
  })

  test('shortens a long pause when the last worker that serves ends', (context) => {
    const { cluster, tick } = bench(context, 2)
    cluster.listens(1)
    for (let id = 2; id < 30; id += 1) {
      cluster.ends(id, { code: 1 })
      tick(masterLimits.longestForkPauseMs)
    }
    const forked = cluster.forked.length
    cluster.ends(forked, { code: 1 })
    tick(masterLimits.longestPauseAloneMs)
    assert.equal(cluster.forked.length, forked)
    cluster.ends(1, { signal: 'SIGKILL' })
    tick(masterLimits.longestPauseAloneMs)
    assert.equal(cluster.forked.length, forked + 2)
  })

  test('reports no hopeless boots after its stop', (context) => {
    const { supervisor, cluster, events, tick } = bench(context, 1, 1_000)
    const last = masterLimits.failedBoots
    for (let id = 1; id < last; id += 1) {
      cluster.ends(id, { code: 1 })
      tick(masterLimits.longestForkPauseMs)
    }
    supervisor.stop('term')
    // The end of a hung worker is a failed boot, although the supervisor has stopped.
    supervisor.pool.get(last)?.checkHeartbeat(1_001, false)
    cluster.ends(last, { signal: 'SIGKILL' })
    assert.equal(supervisor.pool.get(last)?.hasFailedToBoot, true)
    assert.deepEqual(events, ['ended', 'ended', 'ended'])
  })

  test('forks no more when a refused fork has ended the master', (context) => {
    const { supervisor, cluster, events, tick } = bench(context, 1)
    const refused = 2 * masterLimits.failedBoots
    for (let refusal = 0; refusal < refused; refusal += 1) cluster.refusals.push(new Error('no'))
    cluster.ends(1)
    for (let pause = 0; pause < 2; pause += 1) tick(masterLimits.longestForkPauseMs)
    assert.ok(events.some((event) => event.startsWith('hopeless')))
    supervisor.stop('quit')
    const left = cluster.refusals.length
    tick(2 * masterLimits.longestForkPauseMs)
    assert.equal(cluster.refusals.length, left)
  })
})
