import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, fixtures } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { steadyScraper } from '../../support/programs/steady-scraper.ts'
import { endOf, haveListened, startUpgradable, upgrade } from '../../support/programs/upgrade.ts'
import { sum } from '../../support/prometheus/page.ts'

test('An upgrade of 10,000 series loses no count and no request', async (context) => {
  const env = { PROMETHEUS_MAX_SERIES: '30000' }
  const file = 'run/many-series.cjs'
  const upgradable = await startUpgradable(context, undefined, { env, file })
  const { master } = upgradable
  const old = master.child.pid ?? 0
  await haveListened(master, 4)
  const scraper = steadyScraper({ at: master.metricsPort })
  const things = (): number =>
    [...scraper.totals()]
      .filter(([series]) => series.startsWith('many_things'))
      .reduce((sum, [, value]) => sum + value, 0)
  await eventually(() => assert.equal(things(), 40_000))
  const { failures, completed } = await underLoad(
    { port: master.port, connections: 4 },
    async (load) => {
      await eventually(() => assert.ok(load.completed() > 200))
      const next = await upgrade(upgradable)
      await haveListened(master, 8)
      await eventually(() => assert.ok(things() >= 80_000), 60_000)
      process.kill(old, 'SIGTERM')
      await endOf(old)
      assert.doesNotThrow(() => process.kill(next, 0))
      const before = load.completed()
      await eventually(() => assert.ok(load.completed() > before + 200))
    },
  )
  await eventually(() => assert.equal(things(), 80_000 + completed), 60_000)
  await scraper.stop()
  assert.deepEqual([failures, scraper.faults], [[], []])
})

test('A master of an earlier version opens the endpoint late, and says so', async (context) => {
  const env = {
    NODE_OPTIONS: `--require ${join(fixtures, 'apps/run/forget-hand-over.cjs')}`,
  }
  const upgradable = await startUpgradable(context, undefined, { env })
  const { master } = upgradable
  const old = master.child.pid ?? 0
  await haveListened(master, 4)
  const { failures } = await underLoad({ port: master.port, connections: 4 }, async () => {
    const next = await upgrade(upgradable)
    await haveListened(master, 8)
    process.kill(old, 'SIGTERM')
    await endOf(old)
    const line = `the old master, pid ${old}, has handed over no metrics: totals start at 0`
    await eventually(() => assert.ok(master.stderr().includes(line), master.stderr()))
    await eventually(
      () => assert.match(master.stderr(), new RegExp(`\\[${next}\\].*The metrics are at`)),
      60_000,
    )
    assert.equal((await get(master.metricsPort, '/metrics')).status, 200)
  })
  assert.deepEqual(failures, [])
})

test('An old master that ends before the new master starts loses no count', async (context) => {
  const env = {
    NODE_OPTIONS: `--require ${join(fixtures, 'apps/run/late-successor.cjs')}`,
  }
  const upgradable = await startUpgradable(context, undefined, { env })
  const { master } = upgradable
  await master.serving(4)
  const sent = 30
  for (let count = 0; count < sent; count += 1) await get(master.port, '/')
  const old = master.child.pid ?? 0
  process.kill(old, 'SIGUSR2')
  await eventually(() => assert.match(master.stderr(), /Started a new master/))
  process.kill(old, 'SIGTERM')
  await endOf(old)
  await eventually(async () => {
    const page = await master.page()
    assert.equal(sum(page, 'http_server_request_duration_seconds_count'), sent)
  }, 60_000)
  assert.doesNotMatch(master.stderr(), /totals start at 0/)
})
