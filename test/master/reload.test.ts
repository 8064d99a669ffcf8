import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { masterLimits } from '../../src/limits/master.ts'
import type { RunSettings } from '../../src/master/settings/run-settings.ts'
import { type MasterBench, masterBench } from '../support/master/bench.ts'
import { runSettings } from '../support/master/run-settings.ts'

const bootTimeoutMs = 10_000
const [first, second] = ['*:1', '*:2']

interface Bench extends MasterBench {
  readonly reload: () => void
  /** The commands of each worker so far. */
  readonly commands: () => string[]
  readonly listens: (id: number, ...addresses: readonly string[]) => void
}

/** A master with workers that listen on two addresses, without heartbeats. */
function serving(context: TestContext, given: Partial<RunSettings> = {}): Bench {
  const settings = { workers: 2, timeoutMs: 0, bootTimeoutMs, ...given }
  const bench = masterBench(context, settings)
  const { master, cluster, hooks } = bench
  master.start()
  const listens = (id: number, ...addresses: readonly string[]): void =>
    cluster.worker(id).listensOn(...addresses)
  for (let id = 1; id <= settings.workers; id += 1) listens(id, first ?? '', second ?? '')
  return {
    ...bench,
    listens,
    reload: () => master.reload(runSettings(settings), hooks),
    commands: () => cluster.forked.map((worker) => worker.commands.join(' ')),
  }
}

describe('A reload', () => {
  test('waits for every address of the old workers', (context) => {
    const { reload, listens, commands } = serving(context)
    reload()
    for (const id of [3, 4]) listens(id, '*:1')
    assert.deepEqual(commands(), ['', '', '', ''])
    for (const id of [3, 4]) listens(id, '*:1', '*:2')
    assert.deepEqual(commands(), ['RETIRE', 'RETIRE', '', ''])
  })

  test('does not wait for an address of a single old worker', (context) => {
    const { reload, listens, commands } = serving(context)
    listens(1, '*:1', '*:2', '*:9')
    reload()
    for (const id of [3, 4]) listens(id, '*:1', '*:2')
    assert.deepEqual(commands(), ['RETIRE', 'RETIRE', '', ''])
  })

  test('does not wait for an address that the old workers have closed', (context) => {
    const { reload, listens, commands } = serving(context)
    for (const id of [1, 2]) listens(id, '*:1')
    reload()
    for (const id of [3, 4]) listens(id, '*:1')
    assert.deepEqual(commands(), ['RETIRE', 'RETIRE', '', ''])
  })

  test('takes the word of the application', (context) => {
    const { reload, cluster, commands } = serving(context)
    reload()
    for (const id of [3, 4]) cluster.worker(id).emit('message', { ready: true })
    assert.deepEqual(commands(), ['', '', '', ''])
    for (const id of [3, 4]) cluster.worker(id).emit('message', 'ready')
    assert.deepEqual(commands(), ['RETIRE', 'RETIRE', '', ''])
  })

  test('counts UDP sockets as addresses', (context) => {
    const { reload, cluster, commands } = serving(context)
    const udp = { addressType: 'udp4', address: '0.0.0.0', port: 53 }
    for (const id of [1, 2]) cluster.worker(id).emit('listening', udp)
    reload()
    for (const id of [3, 4]) cluster.worker(id).listensOn('*:1', '*:2')
    assert.deepEqual(commands(), ['', '', '', ''])
    for (const id of [3, 4]) cluster.worker(id).emit('listening', udp)
    assert.deepEqual(commands(), ['RETIRE', 'RETIRE', '', ''])
  })

  test('keeps the old workers whole', (context) => {
    const { reload, cluster, commands, listens, pass } = serving(context)
    pass(masterLimits.shortLifeMs)
    reload()
    cluster.ends(1, { signal: 'SIGKILL' })
    assert.equal(cluster.forked.length, 5)
    listens(5, '*:1', '*:2')
    for (const id of [3, 4]) listens(id, '*:1', '*:2')
    assert.deepEqual(commands(), ['', 'RETIRE', '', '', 'RETIRE'])
  })

  test('fails when no new worker listens in time, and the old workers stay', (context) => {
    const { reload, commands, lines, pass, wanted, master, cluster } = serving(context)
    reload()
    pass(bootTimeoutMs)
    assert.deepEqual(commands(), ['', '', 'QUIT', 'QUIT'])
    const text = 'for 10 s, no new worker listens on *:1, *:2. The old workers stay'
    assert.ok(lines().includes(`[ERROR] The reload has failed: ${text}`))
    assert.deepEqual(wanted, [2, 2, 2])
    assert.equal(master.causeOf(3), 'hup')
    for (const id of [3, 4]) cluster.ends(id)
    assert.equal(cluster.forked.length, 4)
  })

  test('starts its time over when a new worker becomes ready', (context) => {
    const { reload, commands, listens, pass } = serving(context)
    reload()
    pass(bootTimeoutMs - 100)
    listens(3, '*:1', '*:2')
    pass(bootTimeoutMs - 100)
    assert.deepEqual(commands(), ['', '', '', ''])
    pass(100)
    // The master wants two workers. The serving new worker is the third.
    assert.deepEqual(commands(), ['', '', 'RETIRE', 'QUIT'])
  })

  test('tells failed boots when it fails', (context) => {
    const { reload, cluster, lines, pass } = serving(context)
    reload()
    for (const id of [3, 4]) cluster.ends(id, { code: 1 })
    pass(bootTimeoutMs)
    assert.match(
      lines().join('\n'),
      /no new worker listens on .*, and 2 boots have failed\. The old/,
    )
  })

  test('accepts fewer addresses at the deadline, with a warning', (context) => {
    const { reload, commands, lines, listens, pass } = serving(context)
    reload()
    listens(3, '*:1')
    pass(bootTimeoutMs)
    const text = 'Worker (pid:1003) does not listen on *:2 after 10 s. The new code is accepted'
    assert.ok(lines().includes(`[WARNING] ${text}`))
    assert.deepEqual(commands(), ['', '', '', ''])
    // The next worker of the same code is ready at once.
    listens(4, '*:1')
    assert.deepEqual(commands(), ['RETIRE', 'RETIRE', '', ''])
  })

  test('warns once about workers that listen on the same fewer addresses', (context) => {
    const { reload, commands, lines, listens, pass } = serving(context)
    reload()
    for (const id of [3, 4]) listens(id, '*:1')
    pass(bootTimeoutMs)
    assert.equal(lines().filter((line) => line.includes('does not listen')).length, 1)
    assert.deepEqual(commands(), ['RETIRE', 'RETIRE', '', ''])
  })

  test('follows a failed reload at once', (context) => {
    const { reload, cluster, commands, listens, pass } = serving(context)
    reload()
    for (const id of [3, 4]) cluster.ends(id, { code: 1 })
    const before = cluster.forked.length
    reload()
    assert.equal(cluster.forked.length, before + 2)
    pass(bootTimeoutMs)
    reload()
    assert.equal(cluster.forked.length, before + 4)
    for (const id of [before + 3, before + 4]) listens(id, '*:1', '*:2')
    assert.deepEqual(commands().slice(0, 2), ['RETIRE', 'RETIRE'])
  })

  test('one by one starts the next worker when the old worker has ended', (context) => {
    const { reload, cluster, commands, listens } = serving(context, {
      reloadStrategy: 'one-by-one',
    })
    reload()
    assert.equal(cluster.forked.length, 3)
    listens(3, '*:1', '*:2')
    assert.deepEqual(commands(), ['RETIRE', '', ''])
    cluster.ends(1)
    assert.deepEqual(commands(), ['RETIRE', '', '', ''])
    listens(4, '*:1', '*:2')
    assert.deepEqual(commands(), ['RETIRE', 'RETIRE', '', ''])
  })

  test('one by one does not wait for old workers without a graceful timeout', (context) => {
    const { reload, commands, listens } = serving(context, {
      reloadStrategy: 'one-by-one',
      gracefulTimeoutMs: 0,
    })
    reload()
    listens(3, '*:1', '*:2')
    assert.deepEqual(commands(), ['RETIRE', '', '', ''])
  })

  test('that fails one by one keeps the new workers that serve', (context) => {
    const { reload, cluster, commands, listens, pass } = serving(context, {
      reloadStrategy: 'one-by-one',
    })
    reload()
    listens(3, '*:1', '*:2')
    cluster.ends(1)
    pass(bootTimeoutMs)
    assert.deepEqual(commands(), ['RETIRE', '', '', 'QUIT'])
    cluster.ends(4)
    assert.equal(cluster.forked.length, 4)
  })
})

describe('A replacement', () => {
  test('listens on every address of the other workers before one retires', (context) => {
    const { cluster, commands, listens } = serving(context, { workers: 1 })
    cluster.worker(1).says('SPENT')
    listens(2, '*:1')
    assert.deepEqual(commands(), ['', ''])
    listens(2, '*:1', '*:2')
    assert.deepEqual(commands(), ['RETIRE', ''])
  })

  test('that never listens ends, and another follows', (context) => {
    const { cluster, commands, lines, pass, master } = serving(context, { workers: 1 })
    cluster.worker(1).says('SPENT')
    pass(bootTimeoutMs)
    assert.deepEqual(commands().slice(0, 2), ['', 'QUIT'])
    const text = 'does not listen on *:1, *:2 after 10 s. The worker before stays'
    assert.ok(lines().includes(`[ERROR] Worker (pid:1002) ${text}`))
    assert.equal(master.causeOf(2), 'halt')
    pass(masterLimits.firstForkPauseMs)
    assert.equal(cluster.forked.length, 3)
  })

  test('is postponed for a worker that is above its memory at once', (context) => {
    const { cluster, listens, pass } = serving(context, { workers: 1, maxMemoryBytes: 100 })
    cluster.worker(1).beats(101)
    assert.equal(cluster.forked.length, 1)
    pass(masterLimits.firstForkPauseMs)
    assert.equal(cluster.forked.length, 2)
    listens(2, '*:1', '*:2')
    cluster.worker(2).beats(101)
    cluster.ends(1)
    pass(2 * masterLimits.firstForkPauseMs - 50)
    assert.equal(cluster.forked.length, 2)
    pass(50)
    assert.equal(cluster.forked.length, 3)
  })

  test('is postponed more each time, although the large worker lives on', (context) => {
    const { cluster, listens, pass } = serving(context, { workers: 1, maxMemoryBytes: 100 })
    for (let id = 1, pauseMs = masterLimits.firstForkPauseMs; id <= 10; id += 1, pauseMs *= 2) {
      if (id > 1) listens(id, '*:1', '*:2')
      cluster.worker(id).beats(101)
      if (id > 1) cluster.ends(id - 1)
      pass(Math.min(pauseMs, masterLimits.longestForkPauseMs) - 50)
      assert.equal(cluster.forked.length, id)
      pass(50)
      assert.equal(cluster.forked.length, id + 1)
    }
  })
})

describe('A worker that never listens', () => {
  /** The first worker listens, and the second worker counts as serving. */
  function halfSilent(context: TestContext): MasterBench {
    const bench = masterBench(context, { workers: 2, timeoutMs: 0, bootTimeoutMs })
    bench.master.start()
    bench.cluster.worker(1).listensOn('*:1')
    bench.pass(bootTimeoutMs)
    return bench
  }

  test('retires at TTOU before a worker that listens', (context) => {
    const { master, cluster } = halfSilent(context)
    master.scale(-1)
    assert.deepEqual(cluster.worker(1).commands, [])
    assert.deepEqual(cluster.worker(2).commands, ['RETIRE'])
  })

  test('retires at TTOU before a worker that waits for its replacement', (context) => {
    const { master, cluster } = halfSilent(context)
    cluster.worker(1).says('SPENT')
    master.scale(-1)
    assert.deepEqual(cluster.worker(1).commands, [])
    assert.deepEqual(cluster.worker(2).commands, ['RETIRE'])
  })

  test('hides no required address from a reload', (context) => {
    const { master, cluster, hooks } = halfSilent(context)
    master.reload(runSettings({ workers: 2, timeoutMs: 0 }), hooks)
    for (const id of [3, 4]) cluster.worker(id).listensOn('*:2')
    assert.deepEqual(cluster.worker(1).commands, [])
  })
})

test('A master at rest does not give up when a hung worker fails to boot', (context) => {
  const bench = masterBench(context, { workers: 1, timeoutMs: 1_000 })
  const { master, cluster, pass, exitCodes } = bench
  master.start()
  cluster.ends(1, { code: 1 })
  pass(masterLimits.firstForkPauseMs)
  cluster.ends(2, { code: 1 })
  pass(2 * masterLimits.firstForkPauseMs + 1_250)
  assert.deepEqual(cluster.worker(3).signals, ['SIGABRT'])
  master.rest()
  cluster.ends(3, { signal: 'SIGABRT' })
  pass(1_000)
  assert.deepEqual(exitCodes, [])
})
