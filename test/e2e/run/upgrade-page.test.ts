import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { authorities, scratchDirectory } from '../../support/endpoint/certificates.ts'
import { eventually } from '../../support/programs/app.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { type ScraperOptions, steadyScraper } from '../../support/programs/steady-scraper.ts'
import { endOf, haveListened, startUpgradable, upgrade } from '../../support/programs/upgrade.ts'

interface Case {
  readonly end: 'SIGTERM' | 'SIGQUIT'
  readonly env?: Readonly<Record<string, string>>
  readonly scraper?: Partial<ScraperOptions>
}

const scratch = scratchDirectory()

describe('The page of an upgraded master has no gap, and no total falls,', () => {
  test('over SIGTERM to the old master', async (context) => {
    await assertContinues(context, { end: 'SIGTERM' })
  })

  test('over SIGQUIT to the old master', async (context) => {
    await assertContinues(context, { end: 'SIGQUIT' })
  })

  test('for a scraper that keeps its connection', async (context) => {
    await assertContinues(context, { end: 'SIGTERM', scraper: { keepAlive: true } })
  })

  test('over TLS', async (context) => {
    const newAuthority = authorities(context, scratch)
    if (!newAuthority) return
    const { certfile, keyfile } = newAuthority('upgrade').issue('server')
    const env = { PROMETHEUS_SSL_CERTFILE: certfile, PROMETHEUS_SSL_KEYFILE: keyfile }
    await assertContinues(context, { end: 'SIGTERM', env, scraper: { tls: true } })
  })

  test('on a unix socket, whose file ends with the last master', async (context) => {
    const path = join(scratch, 'metrics.sock')
    const env = { PROMETHEUS_BIND_ADDRESS: `unix:${path}` }
    const last = await assertContinues(context, { end: 'SIGTERM', env, scraper: { at: path } })
    assert.ok(existsSync(path))
    process.kill(last, 'SIGTERM')
    await endOf(last)
    assert.ok(!existsSync(path))
  })

  test('over three upgrades in a row', async (context) => {
    await assertContinues(context, { end: 'SIGTERM' }, 3)
  })
})

/** Upgrades under load. @returns the pid of the last master. */
async function assertContinues(
  context: TestContext,
  { end, env = {}, scraper: options = {} }: Case,
  upgrades = 1,
): Promise<number> {
  const upgradable = await startUpgradable(context, undefined, { env })
  const { master } = upgradable
  let pid = master.child.pid ?? 0
  await haveListened(master, 4)
  const scraper = steadyScraper({ at: master.metricsPort, ...options })
  await eventually(() => assert.ok(scraper.scrapes() > 0))
  const { failures } = await underLoad({ port: master.port, connections: 4 }, async (load) => {
    await eventually(() => assert.ok(load.completed() > 500))
    for (let count = 0; count < upgrades; count += 1) {
      const next = await upgrade(upgradable)
      await haveListened(master, 4 * (count + 2))
      await sleep(1_500)
      process.kill(pid, end)
      await endOf(pid)
      pid = next
      const before = load.completed()
      await eventually(() => assert.ok(load.completed() > before + 500))
    }
  })
  // The last workers report once a second.
  await sleep(1_500)
  await scraper.stop()
  assert.deepEqual([scraper.faults, failures], [[], []])
  assert.ok(scraper.scrapes() > 50, `${scraper.scrapes()} scrapes`)
  const restarts = [...scraper.totals()].filter(([series]) => series.includes('reason="usr2"'))
  const sumOf = (name: string): number =>
    restarts.reduce(
      (sum, [series, value]) => (series.startsWith(`${name}{`) ? sum + value : sum),
      0,
    )
  assert.equal(sumOf('gunicorn_master_worker_restart_total'), upgrades)
  assert.equal(sumOf('gunicorn_master_worker_restart_count_total'), 4 * upgrades)
  return pid
}
