import assert from 'node:assert/strict'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { eventually, fixtures, freePort, nodeUnderTest } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { withMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import {
  endOf,
  haveListened,
  pidIn,
  startUpgradable,
  upgrade,
} from '../../support/programs/upgrade.ts'

const serverWithUdp = `
const { createServer } = require('node:http')
createServer((_, response) => response.end('ok')).listen(process.env.PORT, '127.0.0.1', () => {
  require('node:dgram').createSocket('udp4').bind(Number(process.env.UDP_PORT), '127.0.0.1', () => {
    process.stdout.write('ready\\n')
  })
})`

describe('An upgrade is refused before anything happens', () => {
  test('for an application with a UDP socket', async (context) => {
    const env = { UDP_PORT: String(await freePort()) }
    const { master, pidFile } = await startUpgradable(context, serverWithUdp, { env })
    await haveListened(master, 4)
    master.signal('SIGUSR2')
    await eventually(() => assert.match(master.stderr(), /Cannot upgrade: .*UDP socket/))
    assert.equal(await pidIn(pidFile), master.child.pid)
    assert.doesNotMatch(master.stderr(), /Started a new master/)
    assert.equal((await get(master.port, '/')).status, 200)
  })

  test('for a master that ends after a drain delay', async () => {
    await withMaster({ options: ['--workers', '2', '--drain-delay', '3'] }, async (master) => {
      await haveListened(master, 2)
      master.signal('SIGTERM')
      await eventually(() => assert.match(master.stderr(), /Accepting for another 3 s/))
      master.signal('SIGUSR2')
      await eventually(() => assert.match(master.stderr(), /Cannot upgrade: this master ends/))
      assert.deepEqual(await master.ended, { code: 0, signal: null })
      assert.doesNotMatch(master.stderr(), /Started a new master/)
    })
  })

  test('when the link of the working directory leads nowhere', async (context) => {
    const directory = await temporaryDirectory(context)
    const [release, link] = [join(directory, 'release'), join(directory, 'current')]
    await mkdir(release)
    await symlink(release, link)
    await withMaster(
      { options: ['--workers', '2'], cwd: link, env: { PWD: link } },
      async (master) => {
        await haveListened(master, 2)
        await rm(link)
        master.signal('SIGUSR2')
        await eventually(() =>
          assert.match(master.stderr(), /Cannot upgrade: the working directory: ENOENT.*current/),
        )
        assert.doesNotMatch(master.stderr(), /new master/)
        assert.equal((await get(master.port, '/')).status, 200)
      },
    )
  })

  test('without listening sockets in the master, and no hook runs', async (context) => {
    const hooks = join(await temporaryDirectory(context), 'hooks.cjs')
    await writeFile(hooks, "exports.preExec = () => console.log('the hook ran')")
    const env = { NODE_CLUSTER_SCHED_POLICY: 'none' }
    await withMaster({ env, options: ['--workers', '2', '--hooks', hooks] }, async (master) => {
      await haveListened(master, 2)
      master.signal('SIGUSR2')
      await eventually(() =>
        assert.match(master.stderr(), /Cannot upgrade: with NODE_CLUSTER_SCHED_POLICY=none/),
      )
      assert.doesNotMatch(master.stdout(), /the hook ran/)
      assert.equal((await get(master.port, '/')).status, 200)
    })
  })
})

const serverOnDescriptors = `
const { createServer } = require('node:http')
for (const fd of [3, 4])
  createServer((_, response) => response.end(fd + ' ' + process.ppid))
    .listen({ fd }, () => fd === 4 && process.stdout.write('ready\\n'))`

test('An upgrade keeps two inherited descriptors apart', async (context) => {
  const ports = [await freePort(), await freePort()]
  const env = { DESCRIPTOR_PORTS: ports.join(',') }
  const starter = [nodeUnderTest, join(fixtures, 'apps/run/two-descriptors.cjs')]
  const upgradable = await startUpgradable(context, serverOnDescriptors, { env, starter })
  const { master, pidFile } = upgradable
  await haveListened(master, 4)
  const old = await pidIn(pidFile)
  const answers = (): Promise<string[]> =>
    Promise.all(ports.map(async (port) => (await get(port, '/')).body))
  assert.deepEqual(await answers(), [`3 ${old}`, `4 ${old}`])
  const next = await upgrade(upgradable)
  await haveListened(master, 8)
  process.kill(old, 'SIGTERM')
  await endOf(old)
  assert.deepEqual(await answers(), [`3 ${next}`, `4 ${next}`])
})
