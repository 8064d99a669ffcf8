import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { type SteadyLoad, underLoad } from '../../support/programs/steady-load.ts'
import { steadyScraper } from '../../support/programs/steady-scraper.ts'
import {
  bootedBy,
  endOf,
  haveListened,
  startUpgradable,
  type UpgradableMaster,
  upgrade,
} from '../../support/programs/upgrade.ts'

describe('A rollback during an upgrade', () => {
  test('refuses no request after WINCH and HUP to the old master', async (context) => {
    await assertNoFailure(context, async ({ upgradable: { master }, old, next, answers }) => {
      process.kill(old, 'SIGHUP')
      await haveListened(master, 12)
      await answers(200)
      process.kill(next, 'SIGTERM')
      await endOf(next)
      await answers(500)
      assert.equal(bootedBy(master, old).length, 8)
    })
  })

  test('refuses no request after TTIN in place of HUP', async (context) => {
    await assertNoFailure(context, async ({ upgradable: { master }, old, next, answers }) => {
      process.kill(old, 'SIGTTIN')
      await haveListened(master, 9)
      process.kill(next, 'SIGTERM')
      await endOf(next)
      await answers(500)
    })
  })

  test('lets requests wait if the new master ends before HUP to the old', async (context) => {
    await assertNoFailure(context, async ({ upgradable: { master }, old, next, answers }) => {
      process.kill(next, 'SIGTERM')
      await endOf(next)
      process.kill(old, 'SIGHUP')
      await haveListened(master, 12)
      await answers(500)
    })
  })
})

interface Rested {
  readonly upgradable: UpgradableMaster
  readonly old: number
  readonly next: number
  /** Waits for this number of further answers. */
  readonly answers: (count: number) => Promise<void>
}

/** Two masters, the old without workers, under load and scrapes. No request and no scrape fails. */
async function assertNoFailure(
  context: TestContext,
  act: (rested: Rested) => Promise<void>,
): Promise<void> {
  const upgradable = await startUpgradable(context)
  const { master } = upgradable
  const old = master.child.pid ?? 0
  await haveListened(master, 4)
  const scraper = steadyScraper({ at: master.metricsPort })
  const { failures } = await underLoad({ port: master.port, connections: 4 }, async (load) => {
    const answers = answersOf(load)
    await answers(200)
    const next = await upgrade(upgradable)
    await haveListened(master, 8)
    process.kill(old, 'SIGWINCH')
    await eventually(() =>
      assert.equal(master.stderr().match(/ended with code 0 \(winch\)/g)?.length, 4),
    )
    await answers(200)
    await act({ upgradable, old, next, answers })
  })
  await scraper.stop()
  assert.deepEqual([failures, scraper.faults], [[], []])
  process.kill(old, 'SIGTERM')
  assert.equal((await master.ended).code, 0)
}

function answersOf(load: SteadyLoad): Rested['answers'] {
  return async (count) => {
    const before = load.completed()
    await eventually(() => assert.ok(load.completed() > before + count), 60_000)
  }
}
