import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { PidFile } from '../../../src/master/pid-file.ts'
import { Upgrade } from '../../../src/master/upgrade/upgrade.ts'
import { testLog } from '../../support/master/bench.ts'
import { setCommandLine } from '../../support/master/own-command-line.ts'
import { socketCluster } from '../../support/master/socket-cluster.ts'
import { successorProgram } from '../../support/master/successor-program.ts'

const longLived = 'setTimeout(() => {}, 30_000)'

interface Bench {
  readonly upgrade: Upgrade
  readonly lines: () => string[]
  /** The values that `onChange` got. */
  readonly changes: boolean[]
  /** Waits for the next call of `onChange`. */
  readonly nextChange: () => Promise<unknown>
  readonly pidPath: string
  /** The latest successor. */
  readonly child: () => ChildProcess | undefined
  /** The pid of the latest successor, from the log. */
  readonly successor: () => number
}

async function bench(
  context: TestContext,
  program: string,
  { isListening = true, hasPidFile = true } = {},
): Promise<Bench> {
  const { directory } = setCommandLine(context, program)
  const { log, lines } = testLog(context)
  const { cluster, sockets } = socketCluster(context)
  if (isListening) await cluster.listens({ host: '127.0.0.1', port: 0 })
  const pidPath = join(directory, 'master.pid')
  const pidFile = hasPidFile ? new PidFile(pidPath) : undefined
  const changes: boolean[] = []
  let child: ChildProcess | undefined
  const emitter = new EventEmitter()
  const upgrade = new Upgrade({
    ...{ log, sockets, program: successorProgram() },
    asideFiles: () => [pidFile],
    handOver: () => undefined,
    predecessor: undefined,
    isEnding: () => false,
    onStart() {},
    onChange(successor) {
      child = successor
      changes.push(successor !== undefined)
      emitter.emit('change')
    },
  })
  const successor = (): number => Number(/pid (\d+)$/m.exec(lines().join('\n'))?.[1])
  const nextChange = (): Promise<unknown> => once(emitter, 'change')
  return { upgrade, lines, changes, nextChange, pidPath, successor, child: () => child }
}

describe('Upgrade', () => {
  test('goes on after errors of the channel to a living successor', async (context) => {
    const { upgrade, lines, nextChange, child, successor } = await bench(context, longLived)
    upgrade.start()
    child()?.emit('error', new Error('EPIPE'))
    child()?.emit('error', new Error('EPIPE'))
    assert.doesNotMatch(lines().join('\n'), /No new master|EPIPE/)
    const change = nextChange()
    process.kill(successor(), 'SIGKILL')
    await change
  })

  test('starts one new master, and moves the pid file until its end', async (context) => {
    const { upgrade, lines, changes, nextChange, pidPath, successor } = await bench(
      context,
      longLived,
    )
    upgrade.start()
    const pid = successor()
    assert.deepEqual(changes, [true])
    assert.deepEqual([existsSync(pidPath), existsSync(`${pidPath}.oldbin`)], [false, true])
    upgrade.start()
    assert.deepEqual(changes, [true])
    const change = nextChange()
    process.kill(pid, 'SIGKILL')
    await change
    assert.deepEqual(changes, [true, false])
    assert.deepEqual([existsSync(pidPath), existsSync(`${pidPath}.oldbin`)], [true, false])
    assert.deepEqual(lines(), [
      `[INFO] Started a new master beside this master, pid ${pid}`,
      `[WARNING] An upgrade is already in progress, pid ${pid}`,
      '[ERROR] No new master: the process ended with SIGKILL. This master continues',
    ])
  })

  test('can start again after the end of a new master', async (context) => {
    const { upgrade, lines, changes, nextChange } = await bench(context, 'process.exit(3)', {
      hasPidFile: false,
    })
    for (let round = 0; round < 2; round += 1) {
      upgrade.start()
      await nextChange()
    }
    assert.deepEqual(changes, [true, false, true, false])
    const failed = '[ERROR] No new master: the process ended with code 3. This master continues'
    assert.equal(lines().filter((line) => line === failed).length, 2)
  })

  test('logs that this master ends when both masters end', async (context) => {
    const { upgrade, lines, nextChange, successor } = await bench(context, longLived)
    upgrade.start()
    upgrade.around('term', () => {})
    const change = nextChange()
    process.kill(successor(), 'SIGKILL')
    await change
    const text = 'No new master: the process ended with SIGKILL. This master ends, too'
    assert.equal(lines().at(-1), `[ERROR] ${text}`)
  })

  test('refuses to start without a listening socket', async (context) => {
    const { upgrade, lines, changes, pidPath } = await bench(context, longLived, {
      isListening: false,
    })
    upgrade.start()
    assert.deepEqual(changes, [])
    assert.equal(existsSync(pidPath), true)
    assert.deepEqual(lines(), ['[ERROR] Cannot upgrade: no worker listens on a socket'])
  })

  test('starts nothing when the pid file cannot move', async (context) => {
    const { upgrade, lines, changes, pidPath } = await bench(context, longLived)
    mkdirSync(`${pidPath}.oldbin`)
    upgrade.start()
    assert.deepEqual(changes, [false])
    assert.match(lines().join('\n'), /^\[ERROR\] No new master: E[A-Z]+.* This master continues$/)
  })

  test('moves the pid file back when the program cannot start', async (context) => {
    const { upgrade, lines, changes, nextChange, pidPath } = await bench(context, longLived)
    process.execPath = '/no/such/node'
    upgrade.start()
    await nextChange()
    assert.deepEqual(changes, [true, false])
    assert.equal(existsSync(pidPath), true)
    const text = 'No new master: spawn /no/such/node ENOENT. This master continues'
    assert.deepEqual(lines(), [`[ERROR] ${text}`])
  })
})
