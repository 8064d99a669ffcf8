import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  ask,
  type ControlledMaster,
  controlledMaster,
  dataOf,
  servingPids,
} from '../../support/control/control-client.ts'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { startMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

async function pidAt(path: string): Promise<unknown> {
  return (await dataOf(path, 'show stats'))['pid']
}

async function answered({ port }: Pick<ControlledMaster, 'port'>): Promise<void> {
  await eventually(async () => assert.equal((await get(port, '/')).status, 200), 60_000)
}

async function logged({ stderr }: Pick<ControlledMaster, 'stderr'>, text: RegExp): Promise<void> {
  await eventually(() => assert.match(stderr(), text), 60_000)
}

describe('The control socket of run', () => {
  test('is in the default place of gunicorn', async (context) => {
    const directory = await temporaryDirectory(context)
    const home = join(directory, 'home')
    const runtime = join(directory, 'runtime')
    for (const path of [home, runtime]) mkdirSync(path)
    for (const [env, path] of [
      [{ XDG_RUNTIME_DIR: runtime }, join(runtime, 'gunicorn.ctl')],
      [{ XDG_RUNTIME_DIR: '', HOME: home }, join(home, '.gunicorn/gunicorn.ctl')],
      [{ XDG_RUNTIME_DIR: '/none', HOME: home }, join(home, '.gunicorn/gunicorn.ctl')],
    ] as const) {
      const master = await startMaster({ env: { GUNICORN_CONTROL_SOCKET_DISABLE: '', ...env } })
      try {
        await eventually(async () => assert.equal(await pidAt(path), master.child.pid), 60_000)
        assert.equal(lstatSync(path).mode & 0o777, 0o600)
        master.signal('SIGTERM')
        await master.ended
        assert.equal(existsSync(path), false)
      } finally {
        await master.stop()
      }
    }
  })

  test('makes no home directory, and the master serves', async (context) => {
    const home = join(await temporaryDirectory(context), 'missing')
    const env = { GUNICORN_CONTROL_SOCKET_DISABLE: '', XDG_RUNTIME_DIR: '', HOME: home }
    const master = await startMaster({ env })
    context.after(() => master.stop())
    await logged(master, /\[INFO\] The user has no home directory\. .* without a control socket/)
    await answered(master)
    assert.equal(existsSync(home), false)
  })

  test('has its mode whatever the umask is', async (context) => {
    for (const umask of ['000', '077']) {
      const first = await controlledMaster(context, { options: ['--umask', umask] })
      assert.equal(lstatSync(first.socket).mode & 0o777, 0o600)
      const options = ['--umask', umask, '--control-socket-mode', '0660']
      const { socket } = await controlledMaster(context, { options })
      assert.equal(lstatSync(socket).mode & 0o777, 0o660)
    }
  })

  test('does not exist with --no-control-socket', async (context) => {
    const directory = await temporaryDirectory(context)
    const path = join(directory, 'gunicorn.ctl')
    const master = await startMaster({ options: ['--no-control-socket', '--control-socket', path] })
    context.after(() => master.stop())
    await master.serving(1)
    assert.equal(existsSync(path), false)
    assert.doesNotMatch(master.stderr(), /Control socket/)
  })

  test('stays with the master that has the path, and the second master serves', async (context) => {
    const first = await controlledMaster(context)
    const second = await controlledMaster(context, { options: ['--control-socket', first.socket] })
    await logged(second, /\[WARNING\] Control socket \S+: another process listens there\. The/)
    await answered(second)
    second.signal('SIGTERM')
    await second.ended
    assert.equal(await pidAt(first.socket), first.child.pid)
  })

  test('replaces the socket of a killed master', async (context) => {
    const first = await controlledMaster(context)
    process.kill(first.child.pid ?? 0, 'SIGKILL')
    await first.ended
    assert.ok(existsSync(first.socket))
    const second = await controlledMaster(context, { options: ['--control-socket', first.socket] })
    await eventually(async () => assert.equal(await pidAt(first.socket), second.child.pid))
  })

  test('tells a path that is too long, and the master serves', async (context) => {
    const directory = await temporaryDirectory(context)
    const options = ['--control-socket', join(directory, 'x'.repeat(90))]
    const master = await controlledMaster(context, { options })
    await logged(master, /the path needs \d+ bytes; a unix socket can have 107/)
    await answered(master)
  })

  test('is in no worker', { skip: process.platform !== 'linux' }, async (context) => {
    const { socket, child } = await controlledMaster(context)
    const [worker = 0] = await servingPids(socket, 1)
    const inode = inodeOf(socket)
    assert.ok(socketsOf(child.pid ?? 0).includes(inode))
    assert.ok(!socketsOf(worker).includes(inode))
  })

  test('belongs to root where the workers have another user', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root')
    const parent = await temporaryDirectory(context)
    chmodSync(parent, 0o1777)
    const options = ['--user', 'nobody', '--profile-dir', parent, '--control-socket-mode', '0660']
    const { socket, stderr } = await controlledMaster(context, { options })
    const [pid = 0] = await servingPids(socket, 1)
    assert.deepEqual([statSync(socket).uid, statSync(socket).mode & 0o777], [0, 0o660])
    const { path } = (await dataOf(socket, `worker profile ${pid} 1`)) as { path: string }
    assert.equal(statSync(path).uid, 65_534, stderr())
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
    return undefined
  })

  test('moves to PATH.oldbin at USR2, and back when the new master ends', async (context) => {
    const master = await controlledMaster(context)
    const { socket, directory, child } = master
    await servingPids(socket, 1)
    master.signal('SIGUSR2')
    const next = await eventually(async () => {
      const pid = await pidAt(socket)
      assert.notEqual(pid, child.pid)
      return Number(pid)
    }, 60_000)
    assert.equal(await pidAt(`${socket}.oldbin`), child.pid)
    await servingPids(socket, 1)
    process.kill(next, 'SIGTERM')
    await eventually(async () => assert.equal(await pidAt(socket), child.pid), 60_000)
    assert.deepEqual(readdirSync(directory), ['gunicorn.ctl'])
  })

  test('is with the new master after the end of the old master', async (context) => {
    const master = await controlledMaster(context)
    const { socket, directory, child } = master
    await servingPids(socket, 1)
    master.signal('SIGUSR2')
    await eventually(async () => assert.notEqual(await pidAt(socket), child.pid), 60_000)
    const [worker = 0] = await servingPids(socket, 1)
    assert.equal((await ask(`${socket}.oldbin`, 'shutdown')).status, 'ok')
    // The new master has the same stderr: its end would end the output of the old master.
    await eventually(() => assert.equal(child.exitCode, 0), 60_000)
    assert.deepEqual(readdirSync(directory), ['gunicorn.ctl'])
    assert.deepEqual(await servingPids(socket, 1), [worker])
    assert.equal((await ask(socket, 'shutdown quick')).status, 'ok')
    await eventually(() => assert.deepEqual(readdirSync(directory), []), 60_000)
  })
})

/** The flag of a socket that listens. */
const listens = ' 00010000 '

function inodeOf(path: string): string {
  const lines = readFileSync('/proc/net/unix', 'latin1').split('\n')
  // The kernel knows the name under which the socket was bound. Connections have the same name.
  const name = join(path, '..')
  const line = lines.find((each) => each.includes(listens) && each.includes(`${name}/.`))
  return line?.trim().split(/\s+/)[6] ?? assert.fail('the socket is not in /proc/net/unix')
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? []
    } catch {
      return []
    }
  })
}
