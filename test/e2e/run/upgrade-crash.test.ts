import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/programs/app.ts'
import { get, load } from '../../support/programs/load.ts'
import type { Master } from '../../support/programs/master.ts'
import { type Scraper, steadyScraper } from '../../support/programs/steady-scraper.ts'
import {
  bootedBy,
  endOf,
  haveListened,
  pidIn,
  startUpgradable,
  type UpgradableMaster,
  upgrade,
} from '../../support/programs/upgrade.ts'

describe('During an upgrade, no total of the page falls', () => {
  test('when the new master is killed, and the next upgrade succeeds', async (context) => {
    const { upgradable, old, next, scraper, requests } = await overlap(context)
    process.kill(next, 'SIGKILL')
    await eventually(() => assert.match(upgradable.master.stderr(), /No new master/))
    const last = await upgrade(upgradable)
    await haveListened(upgradable.master, 12)
    await sleep(1_500)
    process.kill(old, 'SIGTERM')
    await endOf(old)
    await assertContinued(scraper, requests)
    assert.equal(await pidIn(upgradable.pidFile), last)
  })

  test('when the new master is told to end: its requests stay counted', async (context) => {
    const { upgradable, next, scraper, requests } = await overlap(context)
    process.kill(next, 'SIGTERM')
    await endOf(next)
    await assertContinued(scraper, requests)
    assert.equal(await pidIn(upgradable.pidFile), upgradable.master.child.pid)
  })

  test('when the old master is killed', async (context) => {
    const { upgradable, old, next, scraper, requests } = await overlap(context)
    process.kill(old, 'SIGKILL')
    await once(upgradable.master.child, 'exit')
    await sleep(1_500)
    // The scrape that was under way fails.
    const broken = scraper.faults.filter((fault) => /ECONNRESET|socket hang up/.test(fault))
    assert.ok(broken.length <= 1, broken.join('\n'))
    scraper.faults.splice(0, broken.length)
    await assertContinued(scraper, requests)
    process.kill(next, 'SIGTERM')
  })

  test('when the new master is killed while the old master ends', async (context) => {
    const { upgradable, old, next, scraper, requests } = await overlap(context)
    const { port, metricsPort, stderr } = upgradable.master
    keepBusy(context, port)
    await sleep(200)
    process.kill(old, 'SIGTERM')
    await eventually(() => assert.match(stderr(), new RegExp(`\\[${next}\\].*The metrics are at`)))
    await scraper.stop()
    process.kill(next, 'SIGKILL')
    const again = steadyScraper({ at: metricsPort })
    await eventually(() => assert.ok(again.scrapes() > 0))
    await again.stop()
    for (const [series, before] of scraper.totals())
      assert.ok((again.totals().get(series) ?? -1) >= before, series)
    assert.ok(requestsOf(again) >= requests)
  })

  test('and further USR2 to either master change nothing', async (context) => {
    const { upgradable, old, next, scraper, requests } = await overlap(context)
    const { stderr } = upgradable.master
    process.kill(old, 'SIGUSR2')
    process.kill(next, 'SIGUSR2')
    await eventually(() => {
      assert.match(stderr(), new RegExp(`An upgrade is already in progress, pid ${next}`))
      assert.match(stderr(), new RegExp(`Cannot upgrade: the old master, pid ${old}, still runs`))
    })
    assert.equal(await pidIn(upgradable.pidFile), next)
    process.kill(old, 'SIGTERM')
    await endOf(old)
    await assertContinued(scraper, requests)
    // The new master can upgrade now.
    const last = await upgrade(upgradable)
    process.kill(next, 'SIGTERM')
    await endOf(next)
    process.kill(last, 'SIGTERM')
  })
})

interface Overlap {
  readonly upgradable: UpgradableMaster
  readonly old: number
  readonly next: number
  readonly scraper: Scraper
  /** Requests that both masters have answered. */
  readonly requests: number
}

/** Two masters that serve. Both have answered requests, and have sent their states. */
async function overlap(context: TestContext): Promise<Overlap> {
  const upgradable = await startUpgradable(context)
  const { master } = upgradable
  const old = master.child.pid ?? 0
  await haveListened(master, 4)
  const scraper = steadyScraper({ at: master.metricsPort })
  context.after(scraper.stop)
  await load({ port: master.port, paths: ['/'], count: 500, connections: 8 })
  const next = await upgrade(upgradable)
  await haveListened(master, 8)
  const requests = 500 + (await requestsUntilAnsweredBy(master, next))
  await eventually(() => assert.equal(requestsOf(scraper), requests))
  return { upgradable, old, next, scraper, requests }
}

/** Sends requests until this master has answered 20. @returns the number of requests. */
async function requestsUntilAnsweredBy(master: Master, pid: number): Promise<number> {
  const workers = bootedBy(master, pid).map(String)
  let requests = 0
  for (let answered = 0; answered < 20; requests += 1) {
    const { body } = await get(master.port, '/')
    if (workers.includes(body)) answered += 1
  }
  return requests
}

/** Requests without an answer. Both masters get some, and wait until their graceful timeout. */
function keepBusy(context: TestContext, port: number): void {
  const connections = Array.from({ length: 16 }, () => connect(port, '127.0.0.1'))
  for (const connection of connections) {
    connection.on('error', () => {})
    connection.write('GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n')
  }
  context.after(() => {
    for (const connection of connections) connection.destroy()
  })
}

/** Requests on the last page, over all workers and masters. */
function requestsOf(scraper: Scraper): number {
  return [...scraper.totals()]
    .filter(([series]) => series.startsWith('gunicorn_worker_requests_total{'))
    .reduce((sum, [, value]) => sum + value, 0)
}

async function assertContinued(scraper: Scraper, requests: number): Promise<void> {
  const before = scraper.scrapes()
  await eventually(() => assert.ok(scraper.scrapes() > before + 50))
  await scraper.stop()
  assert.deepEqual(scraper.faults, [])
  assert.equal(requestsOf(scraper), requests)
}
