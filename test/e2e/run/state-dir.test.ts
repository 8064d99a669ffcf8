import assert from 'node:assert/strict'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { eventually, freePort, startApp } from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'
import { type Master, startMaster } from '../../support/programs/master.ts'
import { type Scraper, steadyScraper } from '../../support/programs/steady-scraper.ts'
import { haveListened } from '../../support/programs/upgrade.ts'

describe('With a state directory, the next master continues all totals', () => {
  test('after SIGTERM, and once more after SIGTERM', async (context) => {
    const service = await newService(context)
    const first = await service.run(async (master) => master.signal('SIGTERM'))
    const second = await service.run(async (master) => master.signal('SIGTERM'))
    assertContinued(first, second)
    assert.equal(requestsOf(second), 1_000)
    const third = await service.run(async (master) => master.signal('SIGQUIT'))
    assertContinued(second, third)
    assert.equal(requestsOf(third), 1_500)
  })

  test('after SIGKILL to the master', async (context) => {
    const service = await newService(context)
    const first = await service.run((master) => master.stop())
    const second = await service.run((master) => master.stop())
    assertContinued(first, second)
    assert.equal(requestsOf(second), 1_000)
  })

  test('and its files belong to this user alone', async (context) => {
    const service = await newService(context)
    await service.run(async (master) => master.signal('SIGTERM'))
    const file = service.file()
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(join(file, '..')).mode & 0o777, 0o700)
    assert.deepEqual(readdirSync(join(file, '..')), ['totals'])
  })

  test('but not those of a damaged file, and says so', async (context) => {
    const service = await newService(context)
    await service.run(async (master) => master.signal('SIGTERM'))
    writeFileSync(service.file(), 'no state')
    let log = ''
    const next = await service.run(async (master) => {
      log = master.stderr()
      master.signal('SIGTERM')
    })
    assert.equal(requestsOf(next), 500)
    assert.match(
      log,
      /the totals in the directory of PROMETHEUS_STATE_DIR are ignored.*wrong format/,
    )
  })
})

test('A primary with the preload continues the totals of a state directory', async (context) => {
  const { env } = await newService(context)
  for (const requests of [100, 200]) {
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
    context.after(app.stop)
    await load({ port: await app.ready(), paths: ['/'], count: 100, connections: 4 })
    await eventually(async () => {
      const counts = (await app.page()).filter(
        ({ name }) => name === 'gunicorn_worker_requests_total',
      )
      assert.equal(
        counts.reduce((sum, { value }) => sum + value, 0),
        requests,
      )
    })
    await app.stop()
  }
})

interface Service {
  readonly env: Readonly<Record<string, string>>
  /** The file with the totals. */
  readonly file: () => string
  /** Starts a master, sends 500 requests and scrapes, until `end` has ended the master. */
  readonly run: (end: (master: Master) => Promise<void>) => Promise<Scraper>
}

async function newService(context: TestContext): Promise<Service> {
  const directory = await mkdtemp(join(tmpdir(), 'state-dir-'))
  context.after(() => rm(directory, { recursive: true }))
  const metricsPort = await freePort()
  const env = { PROMETHEUS_STATE_DIR: directory, PROMETHEUS_METRICS_PORT: String(metricsPort) }
  return {
    env,
    file() {
      const home = join(directory, `gunicorn-prometheus-exporter-${process.getuid?.() ?? 'user'}`)
      const [name = ''] = readdirSync(home).filter((each) => each.startsWith('state-'))
      return join(home, name, 'totals')
    },
    async run(end) {
      const master = await startMaster({ options: ['--workers', '2'], env })
      context.after(master.stop)
      await haveListened(master, 2)
      const scraper = steadyScraper({ at: metricsPort })
      await eventually(() => assert.ok(scraper.scrapes() > 0))
      const before = requestsOf(scraper)
      await load({ port: master.port, paths: ['/'], count: 500, connections: 4 })
      await eventually(() => assert.equal(requestsOf(scraper), before + 500))
      await end(master)
      await master.ended
      await scraper.stop()
      return scraper
    },
  }
}

function requestsOf(scraper: Scraper): number {
  return [...scraper.totals()]
    .filter(([series]) => series.startsWith('gunicorn_worker_requests_total{'))
    .reduce((sum, [, value]) => sum + value, 0)
}

function assertContinued(before: Scraper, after: Scraper): void {
  for (const [series, value] of before.totals()) {
    const next = after.totals().get(series) ?? -1
    assert.ok(next >= value, `${series}: ${value} → ${next}`)
  }
}
