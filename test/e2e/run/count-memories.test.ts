import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { memoriesOf } from '../../support/crash-file/memories-of.ts'
import { withoutAddon } from '../../support/crash-file/without-addon.ts'
import { crashFiles } from '../../support/crash-file/written-requests.ts'
import { eventually, preloadFlags } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { startMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { endOf, haveListened, startUpgradable, upgrade } from '../../support/programs/upgrade.ts'
import { sum } from '../../support/prometheus/page.ts'

describe('A master has one memory for each of its workers', { skip: withoutAddon }, () => {
  test('after its start, after kills and after reloads', async (context) => {
    const master = await startMaster({ options: ['-w', '3'] })
    context.after(() => master.stop())
    const alive = async (stayed: number, before: readonly number[] = []): Promise<void> => {
      await eventually(async () => {
        const now = await master.serving(3)
        assert.equal(now.filter((each) => before.includes(each)).length, stayed)
        assert.equal(memoriesOf(master.child.pid), 3)
      }, 60_000)
    }
    await alive(0)
    for (let round = 0; round < 2; round += 1) {
      const killed = await master.serving(3)
      process.kill(killed[round] ?? assert.fail(), 'SIGKILL')
      await alive(2, killed)
      const reloaded = await master.serving(3)
      master.signal('SIGHUP')
      await alive(0, reloaded)
    }
  })

  test('also with the preload in the process of the master', async (context) => {
    const env = { NODE_OPTIONS: preloadFlags('require').join(' ') }
    const master = await startMaster({ options: ['-w', '3'], env })
    context.after(() => master.stop())
    await master.serving(3)
    assert.equal(memoriesOf(master.child.pid), 3)
  })

  test('and its successor has none of them', async (context) => {
    const upgradable = await startUpgradable(context)
    const { master } = upgradable
    await master.serving(4)
    const old = master.child.pid ?? assert.fail()
    for (let request = 0; request < 20; request += 1) await get(master.port, '/')
    const next = await upgrade(upgradable)
    await haveListened(master, 8)
    await eventually(() => assert.equal(memoriesOf(next), 4), 60_000)
    assert.equal(memoriesOf(old), 4)
    process.kill(old, 'SIGTERM')
    await endOf(old)
    assert.equal(memoriesOf(next), 4)
    await eventually(async () => {
      assert.equal(sum(await master.page(), 'gunicorn_worker_requests_total'), 20)
    })
  })

  test('and leaves nothing when SIGKILL ends it', async (context) => {
    const directory = await temporaryDirectory(context)
    const env = { PROMETHEUS_MULTIPROC_DIR: directory }
    const master = await startMaster({ options: ['-w', '2'], env })
    context.after(() => master.stop())
    const workers = await master.serving(2)
    await get(master.port, '/')
    master.signal('SIGKILL')
    await master.ended
    for (const worker of workers) await endOf(worker)
    assert.deepEqual(crashFiles(directory), [])
    assert.doesNotMatch(master.stderr(), /SIGBUS|SIGSEGV|cannot be/)
  })
})
