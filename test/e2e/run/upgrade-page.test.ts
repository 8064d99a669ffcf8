import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/programs/app.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { steadyScraper } from '../../support/programs/steady-scraper.ts'
import { bootedBy, endOf, startUpgradable, upgrade } from '../../support/programs/upgrade.ts'
import { sum } from '../../support/prometheus/page.ts'

describe('The page of an upgraded master', () => {
  for (const keepAlive of [false, true])
    for (const end of ['SIGTERM', 'SIGQUIT'] as const) {
      const connections = keepAlive ? 'one connection' : 'new connections'
      test(`has no gap, and no total falls, over ${end} and ${connections}`, async (context) => {
        const upgradable = await startUpgradable(context)
        const { master } = upgradable
        await master.serving(4)
        const old = master.child.pid ?? 0
        const scraper = steadyScraper({ at: master.metricsPort, keepAlive })
        const { failures } = await underLoad(
          { port: master.port, connections: 4 },
          async (load) => {
            await eventually(() => assert.ok(load.completed() > 500))
            const next = await upgrade(upgradable)
            await eventually(() => assert.equal(bootedBy(master, next).length, 4))
            await sleep(1_500)
            process.kill(old, end)
            await endOf(old)
            const before = load.completed()
            await eventually(() => assert.ok(load.completed() > before + 500))
            await sleep(500)
          },
        )
        await scraper.stop()
        assert.deepEqual([scraper.faults, failures], [[], []])
        assert.ok(scraper.scrapes() > 50, `${scraper.scrapes()} scrapes`)
        const page = await master.page()
        const count = (name: string): number => sum(page, name, { reason: 'usr2' })
        assert.equal(count('gunicorn_master_worker_restart_total'), 1)
        assert.equal(count('gunicorn_master_worker_restart_count_total'), 4)
      })
    }
})
