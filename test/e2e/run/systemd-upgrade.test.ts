import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { type Master, startMaster } from '../../support/programs/master.ts'
import { type NotifyReceiver, startNotifyReceiver } from '../../support/programs/notify-receiver.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { endOf } from '../../support/programs/upgrade.ts'
import { need, systemdNotify } from '../../support/tools.ts'

/** For a message that must arrive: the machine can be busy. */
const patienceMs = 60_000

interface Upgraded {
  readonly master: Master
  readonly receiver: NotifyReceiver
  /** Pid of the new master, which serves beside the old master. */
  readonly next: number
}

/** A service during an upgrade: both masters serve. */
async function duringUpgrade(context: TestContext): Promise<Upgraded | undefined> {
  if (need(context, systemdNotify()) === undefined) return undefined
  const belongings = latestFirst(context)
  const receiver = await startNotifyReceiver(belongings)
  const pidFile = join(await temporaryDirectory(belongings), 'pid')
  // As systemd does: WATCHDOG_PID is the pid of the process that becomes the master.
  const starter = ['sh', '-c', 'WATCHDOG_PID=$$ exec "$0" "$@"']
  const env = { NOTIFY_SOCKET: receiver.socket, WATCHDOG_USEC: '400000' }
  const master = await startMaster({ starter, options: ['-w', '2', '--pid', pidFile], env })
  belongings.after(() => master.stop())
  await eventually(() => assert.deepEqual(receiver.states(), ['READY=1']), patienceMs)
  master.signal('SIGUSR2')
  const next = await eventually(async () => {
    const pid = Number(await readFile(pidFile, 'utf8'))
    assert.ok(pid > 0 && pid !== master.child.pid)
    assert.equal(bootedBy(master, pid), 2)
    return pid
  }, patienceMs)
  belongings.after(() => kill(next))
  await eventually(() => {
    assert.ok(receiver.lines().includes(`STATUS=2 of 2 workers serve, new master has pid ${next}`))
  }, patienceMs)
  return { master, receiver, next }
}

function bootedBy(master: Master, pid: number): number {
  const line = new RegExp(`\\[${pid}\\] \\[INFO\\] Booting worker`, 'g')
  return master.stderr().match(line)?.length ?? 0
}

function kill(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // The master has ended.
  }
}

test('The new master is the main process before the old master ends', async (context) => {
  const upgraded = await duringUpgrade(context)
  if (!upgraded) return
  const { master, receiver, next } = upgraded
  // The operator can still go back: the old master is the main process.
  assert.deepEqual(receiver.states(), ['READY=1'])

  master.signal('SIGTERM')
  // The new master has the same stdio, which therefore stays open.
  await eventually(() => assert.equal(master.child.exitCode, 0), patienceMs)
  // The exit of a main process is the end of the service: no time may lie between.
  assert.deepEqual(receiver.states().slice(0, 2), ['READY=1', `MAINPID=${next}`])
  // From here, the new master speaks for the service.
  const states = ['READY=1', `MAINPID=${next}`, 'READY=1']
  await eventually(() => assert.deepEqual(receiver.states(), states), patienceMs)
  await eventually(() => {
    assert.equal(receiver.lines().filter(isStatus).at(-1), 'STATUS=2 of 2 workers serve')
  }, patienceMs)
  const pings = receiver.lines().length
  await eventually(() => {
    assert.ok(receiver.lines().slice(pings).includes('WATCHDOG=1'))
  }, patienceMs)

  process.kill(next, 'SIGTERM')
  await endOf(next)
  await eventually(() => {
    assert.deepEqual(receiver.states(), [...states, 'STOPPING=1'])
  }, patienceMs)
})

test('A new master that ends first leaves the service to the old master', async (context) => {
  const upgraded = await duringUpgrade(context)
  if (!upgraded) return
  const { master, receiver, next } = upgraded
  process.kill(next, 'SIGTERM')
  await endOf(next)
  await eventually(() => {
    assert.equal(receiver.lines().filter(isStatus).at(-1), 'STATUS=2 of 2 workers serve')
  }, patienceMs)
  assert.deepEqual(receiver.states(), ['READY=1'])
  master.signal('SIGTERM')
  assert.equal((await master.ended).code, 0)
  await eventually(() => assert.deepEqual(receiver.states(), ['READY=1', 'STOPPING=1']), patienceMs)
})

function isStatus(line: string): boolean {
  return line.startsWith('STATUS=')
}
