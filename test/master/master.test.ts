import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { masterLimits } from '../../src/limits/master.ts'
import type { RunSettings } from '../../src/master/settings/run-settings.ts'
import { type MasterBench, masterBench } from '../support/master/bench.ts'
import { runSettings } from '../support/master/run-settings.ts'

/** A started master whose workers all listen. */
function serving(context: TestContext, settings: Partial<RunSettings> = {}): MasterBench {
  const bench = masterBench(context, settings)
  bench.master.start()
  bench.cluster.listens(...bench.cluster.forked.map(({ id }) => id))
  return bench
}

function commands({ cluster }: MasterBench): string[] {
  return cluster.forked.map((worker) => worker.commands.join(' '))
}

describe('Master, at its start,', () => {
  test('forks the wanted workers, and calls the hooks in order', (context) => {
    const { master, cluster, called, wanted, lines } = masterBench(context, { workers: 2 })
    master.start()
    assert.equal(cluster.forked.length, 2)
    assert.deepEqual(wanted, [2])
    assert.deepEqual(called(), ['onStarting', 'postFork', 'postFork'])
    cluster.listens(1)
    assert.equal(called().includes('whenReady'), false)
    cluster.listens(2)
    assert.equal(called().filter((name) => name === 'whenReady').length, 1)
    assert.deepEqual(lines(), [
      '[INFO] Booting worker with pid: 1001',
      '[INFO] Booting worker with pid: 1002',
    ])
  })

  test('gives the agents their settings', (context) => {
    const { master, cluster } = masterBench(context, {
      workers: 1,
      timeoutMs: 2_000,
      maxRequests: 7,
    })
    master.start()
    assert.deepEqual(cluster.worker(1).settings, {
      beatMs: 500,
      connections: 0,
      keepAliveMs: 2_000,
      gracefulMs: 30_000,
      requests: 7,
    })
  })

  test('lets sockets without a listener close when the workers serve', (context) => {
    const { master, cluster, socketCalls } = masterBench(context, { workers: 2 })
    master.start()
    cluster.listens(1)
    assert.deepEqual(socketCalls, [])
    cluster.listens(2)
    assert.deepEqual(socketCalls, ['closeUnused'])
  })

  test('ignores workers of the cluster that the master has not forked', (context) => {
    const { cluster, lines } = serving(context)
    const before = lines()
    cluster.emit('listening', { id: 99 })
    cluster.emit('exit', { id: 99, process: {} }, 0, null)
    assert.deepEqual(lines(), before)
  })
})

describe('Master, when a worker ends,', () => {
  test('forks a replacement at once', (context) => {
    const { cluster, lines, called } = serving(context)
    cluster.ends(1, { code: 7 })
    assert.equal(cluster.forked.length, 3)
    assert.ok(lines().includes('[ERROR] Worker (pid:1001) ended with code 7'))
    assert.equal(called().filter((name) => name === 'workerExit').length, 1)
  })

  test('counts one end of a worker', (context) => {
    const { cluster, lines } = serving(context)
    cluster.ends(1, { code: 7 })
    cluster.ends(1, { code: 7 })
    assert.equal(lines().filter((line) => line.includes('ended')).length, 1)
  })

  test('forks when the channel of the worker closes', (context) => {
    const { cluster } = serving(context)
    cluster.ends(1, { signal: 'SIGKILL', isChannelOpen: true })
    assert.equal(cluster.forked.length, 2)
    cluster.worker(1).process.emit('disconnect')
    assert.equal(cluster.forked.length, 3)
  })

  const longestMs = masterLimits.disconnectMs
  test(`waits ${longestMs} ms for a channel that a child process holds`, (context) => {
    const { cluster, pass } = serving(context, { timeoutMs: 0 })
    cluster.ends(1, { signal: 'SIGKILL', isChannelOpen: true })
    pass(longestMs - 1)
    assert.equal(cluster.forked.length, 2)
    pass(1)
    assert.equal(cluster.forked.length, 3)
    cluster.worker(1).process.emit('disconnect')
    assert.equal(cluster.forked.length, 3)
  })

  test('knows the cause of the end during the event, and forgets the worker later', (context) => {
    const { master, cluster, pass } = serving(context)
    master.scale(-1)
    cluster.ends(1)
    assert.equal(master.causeOf(1), 'ttou')
    assert.equal(master.causeOf(2), undefined)
    pass(1)
    assert.equal(master.causeOf(1), undefined)
  })

  test('replaces a spent worker before the end of the worker, one at a time', (context) => {
    const bench = serving(context)
    const { cluster } = bench
    cluster.worker(1).says('SPENT')
    cluster.worker(2).says('SPENT')
    assert.equal(cluster.forked.length, 3)
    assert.deepEqual(commands(bench), ['', '', ''])
    cluster.listens(3)
    assert.deepEqual(commands(bench), ['RETIRE', '', ''])
    cluster.ends(1)
    assert.equal(cluster.forked.length, 4)
    cluster.listens(4)
    assert.deepEqual(commands(bench), ['RETIRE', 'RETIRE', '', ''])
    cluster.ends(2)
    assert.equal(cluster.forked.length, 4)
  })

  test('forks a replacement for a worker that retires for another process', (context) => {
    const bench = serving(context)
    bench.cluster.worker(2).says('ASKED')
    bench.pass(masterLimits.groupSignalMs)
    assert.equal(bench.cluster.forked.length, 3)
    assert.deepEqual(commands(bench), ['', 'HEARD', ''])
    bench.cluster.listens(3)
    assert.deepEqual(commands(bench), ['', 'HEARD RETIRE', ''])
    assert.equal(bench.master.causeOf(2), 'quit')
  })

  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const) {
    test(`replaces a worker at once that got ${signal}`, (context) => {
      const bench = serving(context)
      bench.cluster.worker(2).says('ASKED', signal)
      bench.pass(masterLimits.groupSignalMs - 1)
      assert.deepEqual(commands(bench), ['', 'HEARD'])
      bench.pass(1)
      assert.deepEqual(commands(bench), ['', 'HEARD QUIT', ''])
      assert.equal(bench.master.causeOf(2), 'quit')
    })
  }

  test('leaves a signal to the whole process group to the master', (context) => {
    const bench = serving(context)
    for (const id of [1, 2]) bench.cluster.worker(id).says('ASKED')
    bench.master.stop('term')
    bench.pass(masterLimits.handOverMs)
    assert.deepEqual(commands(bench), ['HEARD RETIRE', 'HEARD RETIRE'])
    assert.equal(bench.master.causeOf(1), 'term')
  })

  test('waits for its own signal before it replaces a worker without an agent', (context) => {
    const { cluster, master, pass } = masterBench(context, { workers: 2 })
    master.start()
    cluster.ends(1, { signal: 'SIGTERM' })
    pass(masterLimits.groupSignalMs - 1)
    assert.equal(cluster.forked.length, 2)
    master.stop('term')
    pass(masterLimits.longestForkPauseMs)
    assert.equal(cluster.forked.length, 2)
  })
})

describe('Master, while workers do not boot,', () => {
  test('gives up after so many failures in a row', (context) => {
    const { cluster, lines, exitCodes, master, pass } = masterBench(context, { workers: 2 })
    master.start()
    const most = 2 * masterLimits.failedBoots
    for (let failure = 1; failure <= most; failure += 1) {
      assert.deepEqual(exitCodes, [])
      pass(masterLimits.longestForkPauseMs)
      cluster.ends(failure, { code: 1 })
    }
    const text = `Workers do not boot: ${most} in a row ended before they listened. Giving up.`
    assert.ok(lines().includes(`[CRITICAL] ${text}`))
    assert.deepEqual(exitCodes, [])
    cluster.ends(most + 1, { code: 0 })
    assert.deepEqual(exitCodes, [3])
  })

  test('does not give up while a worker serves', (context) => {
    const { cluster, lines, pass, master } = masterBench(context, { workers: 2, timeoutMs: 0 })
    master.start()
    cluster.listens(1)
    for (let id = 2; id < 12; id += 1) {
      cluster.ends(id, { code: 1 })
      pass(masterLimits.longestForkPauseMs)
    }
    assert.equal(
      lines().some((line) => line.includes('Giving up')),
      false,
    )
  })

  test('does not give up beside a successor', (context) => {
    const { cluster, lines, pass, master } = masterBench(context, { workers: 1, timeoutMs: 0 })
    master.start()
    master.setSuccessor(4_711)
    for (let id = 1; id < 6; id += 1) {
      cluster.ends(id, { code: 1 })
      pass(masterLimits.longestForkPauseMs)
    }
    assert.equal(
      lines().some((line) => line.includes('Giving up')),
      false,
    )
  })

  test('starts to count failures again when a worker serves', (context) => {
    const { cluster, exitCodes, pass, master } = masterBench(context, { workers: 1, timeoutMs: 0 })
    master.start()
    for (let id = 1; id < 10; id += 1) {
      if (id % 2 === 0) cluster.listens(id)
      cluster.ends(id, { code: 1 })
      pass(masterLimits.longestForkPauseMs)
      assert.equal(cluster.forked.length, id + 1)
    }
    assert.deepEqual(exitCodes, [])
  })

  test('forks again after a fork that the system refused', (context) => {
    const { cluster, lines, master, pass } = masterBench(context, { workers: 1 })
    cluster.refusals.push(new Error('spawn ENOMEM'))
    master.start()
    assert.deepEqual(lines(), ['[ERROR] Cannot fork a worker: spawn ENOMEM'])
    pass(masterLimits.firstForkPauseMs - 1)
    assert.equal(cluster.forked.length, 0)
    pass(1)
    assert.equal(cluster.forked.length, 1)
  })

  test('ends when the system refuses every fork', (context) => {
    const { cluster, exitCodes, master, pass } = masterBench(context, { workers: 1 })
    for (let refusal = 0; refusal < 9; refusal += 1) cluster.refusals.push(new Error('no'))
    master.start()
    pass(masterLimits.longestForkPauseMs)
    assert.deepEqual(exitCodes, [3])
    assert.equal(cluster.refusals.length, 9 - masterLimits.failedBoots)
  })

  test('removes a worker without a process from the cluster', (context) => {
    const { cluster, pass, master, lines } = masterBench(context, { workers: 1 })
    master.start()
    const worker = cluster.worker(1)
    worker.process.connected = false
    worker.process.pid = undefined
    worker.emit('error', new Error('spawn EAGAIN'))
    assert.deepEqual(Object.keys(cluster.workers), [])
    assert.ok(lines().includes('[DEBUG] Worker (pid:undefined): spawn EAGAIN'))
    pass(masterLimits.firstForkPauseMs)
    assert.equal(cluster.forked.length, 2)
  })
})

describe('Master, at a reload,', () => {
  test('retires the old workers when all new workers serve', (context) => {
    const bench = serving(context)
    const { master, cluster, hooks, wanted } = bench
    master.reload(runSettings({ workers: 3 }), hooks)
    assert.deepEqual(wanted, [2, 3])
    assert.equal(cluster.forked.length, 5)
    cluster.listens(3, 4)
    assert.deepEqual(commands(bench), ['', '', '', '', ''])
    cluster.listens(5)
    assert.deepEqual(commands(bench), ['RETIRE', 'RETIRE', '', '', ''])
    assert.equal(master.causeOf(1), 'hup')
    cluster.ends(1)
    cluster.ends(2)
    assert.equal(cluster.forked.length, 5)
  })

  test('drops workers that boot with old code', (context) => {
    const bench = masterBench(context, { workers: 1 })
    const { master, cluster, hooks } = bench
    master.start()
    master.reload(runSettings({ workers: 1 }), hooks)
    assert.deepEqual(cluster.worker(1).signals, ['SIGTERM'])
    assert.deepEqual(commands(bench), ['RETIRE', ''])
    assert.equal(cluster.forked.length, 2)
  })

  test('forks by the new settings', (context) => {
    const { master, cluster, hooks } = serving(context, { workers: 1 })
    master.reload(runSettings({ workers: 1, keepAliveMs: 9 }), hooks)
    assert.deepEqual(cluster.worker(2).settings, {
      beatMs: 1_000,
      connections: 0,
      keepAliveMs: 9,
      gracefulMs: 30_000,
      requests: 0,
    })
  })

  test('starts to count failures again', (context) => {
    const { master, cluster, hooks, pass } = masterBench(context, { workers: 1, timeoutMs: 0 })
    master.start()
    cluster.ends(1, { code: 1 })
    pass(masterLimits.longestForkPauseMs)
    cluster.ends(2, { code: 1 })
    const before = cluster.forked.length
    master.reload(runSettings({ workers: 2, timeoutMs: 0 }), hooks)
    assert.equal(cluster.forked.length, before + 2)
  })
})

describe('Master, when scaled,', () => {
  test('adds a worker', (context) => {
    const { master, cluster, wanted, lines } = serving(context)
    master.scale(1)
    assert.equal(cluster.forked.length, 3)
    assert.deepEqual(wanted, [2, 3])
    assert.ok(lines().includes('[INFO] Workers wanted: 3'))
  })

  test('retires the oldest worker, but never the last worker', (context) => {
    const bench = serving(context)
    bench.master.scale(-1)
    assert.deepEqual(commands(bench), ['RETIRE', ''])
    bench.master.scale(-1)
    assert.deepEqual(commands(bench), ['RETIRE', ''])
    assert.deepEqual(bench.wanted, [2, 1])
  })

  test('drops the newest worker that boots before a worker that serves', (context) => {
    const bench = serving(context)
    const { master, cluster } = bench
    master.scale(1)
    master.scale(1)
    master.scale(-1)
    assert.deepEqual(commands(bench), ['', '', '', 'RETIRE'])
    assert.deepEqual(cluster.worker(4).signals, ['SIGTERM'])
    assert.equal(master.causeOf(4), 'ttou')
  })

  test('cancels a fork that waits before it drops a worker', (context) => {
    const { master, cluster, pass } = masterBench(context, { workers: 2, timeoutMs: 0 })
    master.start()
    cluster.ends(1, { code: 1 })
    cluster.ends(2, { code: 1 })
    const before = cluster.forked.length
    master.scale(-1)
    pass(masterLimits.longestForkPauseMs)
    assert.ok(cluster.forked.every(({ signals }) => signals.length === 0))
    assert.equal(cluster.forked.length - 2, 1, `${before}`)
  })
})

describe('Master, at rest,', () => {
  test('retires every worker after the hand-over time beside a successor', (context) => {
    const bench = serving(context)
    const { master, pass, wanted, socketCalls } = bench
    master.setSuccessor(4_711)
    master.rest()
    assert.deepEqual(socketCalls.at(-1), 'stopAccepting')
    pass(masterLimits.handOverMs - 1)
    assert.deepEqual(commands(bench), ['', ''])
    pass(1)
    assert.deepEqual(commands(bench), ['RETIRE', 'RETIRE'])
    assert.deepEqual(wanted, [2, 0])
  })

  test('ends the delayed rest with the master', (context) => {
    const bench = serving(context)
    bench.master.setSuccessor(4_711)
    bench.master.rest()
    bench.master.stop('quit')
    bench.pass(masterLimits.handOverMs)
    assert.deepEqual(bench.wanted, [2])
  })

  test('retires every worker, and stays', (context) => {
    const bench = serving(context)
    const { master, cluster, wanted, exitCodes, socketCalls } = bench
    master.rest()
    assert.deepEqual(wanted, [2, 0])
    assert.equal(socketCalls.at(-1), 'keepUnused')
    assert.equal(socketCalls.includes('stopAccepting'), false)
    assert.deepEqual(commands(bench), ['RETIRE', 'RETIRE'])
    assert.equal(master.causeOf(1), 'winch')
    cluster.ends(1)
    cluster.ends(2)
    assert.equal(cluster.forked.length, 2)
    assert.deepEqual(exitCodes, [])
    master.scale(-1)
    assert.equal(cluster.forked.length, 2)
    master.scale(1)
    assert.equal(cluster.forked.length, 3)
  })

  test('keeps the sockets until workers serve again', (context) => {
    const { master, cluster, pass, socketCalls } = serving(context)
    master.rest()
    cluster.ends(1)
    cluster.ends(2)
    pass(masterLimits.disconnectMs)
    assert.equal(socketCalls.at(-1), 'keepUnused')
    master.scale(1)
    cluster.listens(3)
    assert.equal(socketCalls.at(-1), 'closeUnused')
  })

  for (const [title, count, act] of [
    ['a reload', 2, ({ master, hooks }) => master.reload(runSettings({ workers: 2 }), hooks)],
    ['a scale', 1, ({ master }) => master.scale(1)],
  ] satisfies [string, number, (bench: MasterBench) => void][]) {
    test(`acts after the delayed rest at ${title}`, (context) => {
      const bench = serving(context)
      bench.master.setSuccessor(4_711)
      bench.master.rest()
      act(bench)
      bench.pass(masterLimits.handOverMs)
      assert.deepEqual(bench.wanted, [2, 0, count])
    })
  }

  test('forks for a reload at once, although old workers end', (context) => {
    const { master, cluster, hooks } = serving(context)
    master.rest()
    cluster.ends(1)
    master.reload(runSettings({ workers: 2 }), hooks)
    assert.equal(cluster.forked.length, 4)
    cluster.listens(3, 4)
    cluster.ends(2)
    assert.equal(cluster.forked.length, 4)
  })

  test('leaves new connections to a successor, and retires after the hand-over time', (context) => {
    const bench = serving(context)
    const { master, pass, socketCalls } = bench
    master.setSuccessor(4_711)
    master.rest()
    assert.equal(socketCalls.at(-1), 'stopAccepting')
    assert.deepEqual(commands(bench), ['', ''])
    pass(masterLimits.handOverMs)
    assert.deepEqual(commands(bench), ['RETIRE', 'RETIRE'])
  })

  test('cancels forks that wait', (context) => {
    const { master, cluster, pass } = masterBench(context, { workers: 1, timeoutMs: 0 })
    master.start()
    cluster.ends(1, { code: 1 })
    const before = cluster.forked.length
    master.rest()
    pass(masterLimits.longestForkPauseMs)
    assert.equal(cluster.forked.length, before)
  })
})

describe('Master, at its stop,', () => {
  test('retires every worker after the hand-over time, and ends once with code 0', (context) => {
    const bench = serving(context)
    const { master, cluster, pass, exitCodes, called, lines, socketCalls } = bench
    master.stop('term')
    assert.equal(socketCalls.at(-1), 'stopAccepting')
    pass(masterLimits.handOverMs - 1)
    assert.deepEqual(commands(bench), ['', ''])
    pass(1)
    assert.deepEqual(commands(bench), ['RETIRE', 'RETIRE'])
    cluster.ends(1)
    assert.deepEqual(exitCodes, [])
    cluster.ends(2)
    assert.deepEqual(exitCodes, [0])
    assert.equal(called().at(-1), 'onExit')
    assert.ok(lines().includes('[INFO] Worker (pid:1001) ended with code 0 (term)'))
    master.stop('term')
    pass(1_000)
    assert.deepEqual(exitCodes, [0])
    assert.equal(cluster.forked.length, 2)
  })

  for (const cause of ['int', 'quit'] as const) {
    test(`asks every worker to end at once for ${cause}`, (context) => {
      const bench = serving(context)
      bench.master.stop(cause)
      assert.deepEqual(commands(bench), ['QUIT', 'QUIT'])
      assert.equal(bench.master.causeOf(1), cause)
      assert.equal(bench.called().filter((name) => name === 'workerInt').length, 2)
    })
  }

  test('asks every worker to end at once the second time', (context) => {
    const bench = serving(context)
    bench.master.stop('term')
    bench.master.stop('term')
    assert.deepEqual(commands(bench), ['QUIT', 'QUIT'])
  })

  test('retires the workers for every signal when a successor serves', (context) => {
    const bench = serving(context)
    const { master, pass, socketCalls } = bench
    master.setSuccessor(4_711)
    master.stop('quit')
    assert.deepEqual(socketCalls.slice(-2), ['setSuccessor true', 'stopAccepting'])
    assert.deepEqual(commands(bench), ['', ''])
    pass(masterLimits.handOverMs)
    assert.deepEqual(commands(bench), ['RETIRE', 'RETIRE'])
    assert.equal(master.causeOf(1), 'usr2')
  })

  test('ends at once without a worker, and keeps the first exit code', (context) => {
    const { master, cluster, exitCodes, pass } = serving(context, { workers: 1 })
    master.stop('quit', 5)
    master.stop('quit', 6)
    cluster.ends(1)
    assert.deepEqual(exitCodes, [5])
    pass(1_000)
  })

  test('goes on accepting for the drain delay, and tells that it closes', (context) => {
    const bench = serving(context, { drainDelayMs: 5_000 })
    const { master, cluster, pass, closing, socketCalls, exitCodes } = bench
    master.stop('term')
    assert.deepEqual(closing, ['closing'])
    assert.deepEqual(socketCalls.includes('stopAccepting'), false)
    cluster.worker(1).says('ASKED')
    cluster.ends(2, { code: 1 })
    pass(masterLimits.firstForkPauseMs)
    assert.deepEqual(commands(bench), ['HEARD', '', ''])
    pass(5_000 + masterLimits.handOverMs)
    assert.deepEqual(commands(bench), ['HEARD RETIRE', '', 'RETIRE'])
    for (const id of [1, 3]) cluster.ends(id)
    assert.deepEqual(exitCodes, [0])
  })

  test('stops at once at a second signal during the drain delay', (context) => {
    const bench = serving(context, { drainDelayMs: 5_000 })
    bench.master.stop('term')
    bench.master.stop('term')
    assert.deepEqual(commands(bench), ['QUIT', 'QUIT'])
    bench.pass(5_000)
    assert.deepEqual(commands(bench), ['QUIT', 'QUIT'])
  })

  test('ignores reload, scale and rest afterwards', (context) => {
    const { master, cluster, hooks, wanted, pass } = serving(context)
    master.stop('term')
    master.reload(runSettings({ workers: 5 }), hooks)
    master.scale(1)
    master.rest()
    pass(1_000)
    assert.equal(cluster.forked.length, 2)
    assert.deepEqual(wanted, [2])
  })
})

describe('Master, while it serves,', () => {
  test('kills a worker without a heartbeat, and forks after the end of the worker', (context) => {
    const { cluster, pass, lines, called, master } = serving(context, {
      workers: 1,
      timeoutMs: 1_000,
    })
    pass(1_000)
    assert.deepEqual(cluster.worker(1).signals, [])
    pass(masterLimits.heartbeatCheckMs)
    assert.deepEqual(cluster.worker(1).signals, ['SIGABRT'])
    assert.ok(lines().includes('[CRITICAL] WORKER TIMEOUT (pid:1001)'))
    assert.equal(called().at(-1), 'workerAbort')
    assert.equal(cluster.forked.length, 1)
    pass(masterLimits.killAfterMs - 1)
    assert.deepEqual(cluster.worker(1).signals, ['SIGABRT'])
    pass(1)
    assert.deepEqual(cluster.worker(1).signals, ['SIGABRT', 'SIGKILL'])
    cluster.ends(1, { signal: 'SIGKILL' })
    assert.equal(master.causeOf(1), 'timeout')
    // The worker has lived for a short time.
    pass(masterLimits.firstForkPauseMs)
    assert.equal(cluster.forked.length, 2)
    assert.ok(lines().includes('[ERROR] Worker (pid:1001) ended by signal SIGKILL (timeout)'))
  })

  test('keeps a worker whose heartbeats arrive', (context) => {
    const { cluster, pass } = serving(context, { workers: 1, timeoutMs: 1_000 })
    for (let beat = 0; beat < 10; beat += 1) {
      pass(500)
      cluster.worker(1).says('BEAT')
    }
    assert.deepEqual(cluster.worker(1).signals, [])
  })

  test('forgives silence while the event loop of the master was blocked', (context) => {
    const { cluster, pass, block } = serving(context, { workers: 1, timeoutMs: 1_000 })
    pass(500)
    block(5_000)
    pass(masterLimits.heartbeatCheckMs)
    assert.deepEqual(cluster.worker(1).signals, [])
    pass(1_000 + masterLimits.heartbeatCheckMs)
    assert.deepEqual(cluster.worker(1).signals, ['SIGABRT'])
  })

  test('reopens its log, and asks every worker for the same', (context) => {
    const bench = serving(context)
    bench.master.reopenLogs()
    assert.deepEqual(commands(bench), ['REOPEN', 'REOPEN'])
  })
})
