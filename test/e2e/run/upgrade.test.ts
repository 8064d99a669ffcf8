import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile, rm } from 'node:fs/promises'
import { get as getAt, type IncomingMessage } from 'node:http'
import { dirname } from 'node:path'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import type { Master } from '../../support/programs/master.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { pidIn, startUpgradable } from '../../support/programs/upgrade.ts'
import { sum } from '../../support/prometheus/page.ts'

const requests = 50_000

describe('SIGUSR2', () => {
  test('starts a new master, and no request fails when the old master ends', async (context) => {
    const { master, pidFile } = await startUpgradable(context)
    const { port } = master
    await master.serving(4)
    let pid = await pidIn(pidFile)
    const { failures } = await underLoad({ port, connections: 16 }, async (load) => {
      for (const end of ['SIGTERM', 'SIGQUIT', 'SIGTERM'] as const) {
        process.kill(pid, 'SIGUSR2')
        const next = await eventually(async () => {
          const found = await pidIn(pidFile)
          assert.notEqual(found, pid)
          return found
        })
        assert.equal(await pidIn(`${pidFile}.oldbin`), pid)
        await eventually(() => assertServes(master, next))
        // Both serve now, on one socket.
        process.kill(pid, end)
        await eventually(() => assert.throws(() => process.kill(pid, 0)))
        pid = next
      }
      await eventually(() => assert.ok(load.completed() >= requests), 120_000)
    })
    assert.deepEqual(failures, [])
    // The endpoint's port is the last master's by now.
    await eventually(async () => {
      const page = await master.page()
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 4)
    })
    process.kill(pid, 'SIGTERM')
    await eventually(() => assert.throws(() => process.kill(pid, 0)))
    await assert.rejects(readFile(pidFile))
  })

  test('makes the old master count the ends of its workers as usr2', async (context) => {
    const { master, pidFile } = await startUpgradable(context)
    await master.serving(4)
    const old = master.child.pid
    master.child.kill('SIGUSR2')
    await eventually(async () => assert.notEqual(await pidIn(pidFile), old))
    assert.equal(
      sum(await master.page(), 'gunicorn_master_worker_restart_total', { reason: 'usr2' }),
      1,
    )
    master.child.kill('SIGTERM')
    await eventually(() => {
      assert.equal(master.stderr().match(/ended with code 0 \(usr2\)/g)?.length, 4)
    })
    process.kill(await pidIn(pidFile), 'SIGTERM')
  })

  for (const end of ['SIGTERM', 'SIGQUIT', 'SIGWINCH'] as const) {
    test(`keeps a unix socket for the new master after ${end} to the old`, async (context) => {
      const { master, pidFile, config } = await startUpgradable(context, unixServer)
      const path = `${config}.sock`
      await eventually(async () => assert.equal(await askAt(path), master.child.pid))
      const old = master.child.pid
      master.child.kill('SIGUSR2')
      const next = await eventually(async () => {
        const found = await pidIn(pidFile)
        assert.notEqual(found, old)
        assert.ok((await Promise.all(Array.from({ length: 8 }, () => askAt(path)))).includes(found))
        return found
      }, 30_000)
      master.child.kill(end)
      if (end === 'SIGWINCH') {
        await eventually(() =>
          assert.equal(master.stderr().match(/ended with code 0 \(winch\)/g)?.length, 4),
        )
        assert.equal(await askAt(path), next)
        master.child.kill('SIGTERM')
      }
      await eventually(() => assert.equal(master.child.exitCode, 0))
      assert.equal(await askAt(path), next)
      // It binds anew when its last worker has gone, and Node has closed the socket with it.
      assert.equal(bootedBy(master, next).length, 4)
      for (const pid of bootedBy(master, next)) process.kill(pid, 'SIGKILL')
      await eventually(() => assert.equal(bootedBy(master, next).length, 8))
      await eventually(async () => assert.equal(await askAt(path), next), 30_000)
      process.kill(next, 'SIGTERM')
      await eventually(() => assert.throws(() => process.kill(next, 0)))
      assert.deepEqual(
        (await readdir(dirname(config))).filter((name) => name.includes('sock')),
        [],
      )
    })
  }

  test('changes nothing if the new master ends at once', async (context) => {
    const { master, pidFile, config } = await startUpgradable(context)
    const { port } = master
    await master.serving(4)
    // It reads the file that the old one has read, which is gone.
    await rm(config)
    master.child.kill('SIGUSR2')
    await eventually(() =>
      assert.match(master.stderr(), /No new master: the process ended with code 2/),
    )
    assert.equal(await pidIn(pidFile), master.child.pid)
    assert.equal((await get(port, '/')).status, 200)
    master.child.kill('SIGTERM')
    assert.equal((await master.ended).code, 0)
  })
})

/** A server that responds with the pid of its master, on a unix socket. */
const unixServer = `require('node:http')
  .createServer((_, response) => response.end(String(process.ppid)))
  .listen(process.env.GUNICORN_PROMETHEUS_EXPORTER_CONFIG + '.sock')`

/** The response of the server at this path: the pid of its master. */
async function askAt(path: string): Promise<number> {
  const request = getAt({ socketPath: path, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return Number((await response.toArray()).join(''))
}

/** Pids of the workers that this master has forked. */
function bootedBy(master: Master, pid: number): number[] {
  const lines = master.stderr().matchAll(/\[(\d+)\] \[INFO\] Booting worker with pid: (\d+)/g)
  return Array.from(lines)
    .filter(([, by]) => Number(by) === pid)
    .map(([, , worker]) => Number(worker))
}

/** A worker of this master answers: both masters have workers on one socket. */
async function assertServes(master: Master, pid: number): Promise<void> {
  const booted = bootedBy(master, pid)
  assert.equal(booted.length, 4)
  const { body } = await get(master.port, '/')
  assert.ok(booted.includes(Number(body)))
}
