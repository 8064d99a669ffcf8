import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { namesAt } from '../../../src/crash-file/layout.ts'
import { type App, eventually, startApp, withCluster } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { oneIn, workersStatus } from '../../support/programs/hang.ts'
import { get, load } from '../../support/programs/load.ts'
import { smallDisk } from '../../support/programs/small-disk.ts'
import { look, readSymptom } from '../../support/programs/symptom.ts'
import { systemClock } from '../../support/programs/system-clock.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import { prometheusTools, withPrometheus } from '../../support/prometheus/prometheus.ts'
import { shippedOptions } from '../../support/prometheus/shipped-rules.ts'
import { needed } from '../../support/tools.ts'

const hour = 3_600

test('A clock that steps shows all that docs/troubleshooting.md quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  const clock = tools && systemClock(context)
  if (!tools || !clock) return
  const wrong = await readSymptom('The clock is wrong')
  const env = { WORKERS: '1', ...clock.env }
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
  try {
    const port = await app.ready()
    await oneIn(app, 'running')
    clock.step(2 * hour)
    process.kill(Number((await get(port, '/pid')).body), 'SIGKILL')
    await eventually(async () => {
      const { workers, deaths } = await workersStatus(app)
      assert.equal(deaths.length, 1)
      // The time of day has stepped, and the ages have not.
      for (const { ageSeconds, stateSince } of workers) {
        assert.ok(Date.parse(stateSince) > Date.now() + hour * 1_000, stateSince)
        assert.ok(ageSeconds < hour)
      }
      assert.ok(Date.parse(deaths[0]?.endedAt ?? '') > Date.now() + hour * 1_000)
      assert.equal(workers.length, 1)
    })
    await eventually(async () => {
      const page = await app.page()
      const [start] = select(page, 'gunicorn_worker_start_time_seconds')
      assert.ok((start?.value ?? 0) > Date.now() / 1_000 + hour)
      const second = Number(start?.labels['worker_id']?.split('_')[2])
      assert.ok(second > Date.now() / 1_000 + hour)
      assert.ok(sum(page, 'gunicorn_worker_uptime_seconds') < hour)
    })
    const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
    await withPrometheus(options, (prometheus) => wrong.until(() => look(app, prometheus)))
    assert.doesNotMatch(app.stderr(), /clock/)
  } finally {
    await app.stop()
  }
})

test('A full disk shows all that docs/troubleshooting.md quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  const disk = tools && (await smallDisk(latestFirst(context)))
  if (!tools || !disk) return
  const { prometheus: program } = tools
  const full = await readSymptom('A full disk')
  // A single listener keeps the port while the other worker is killed.
  const env = { WORKERS: '2', PROMETHEUS_MULTIPROC_DIR: disk.directory }
  await withCluster(env, async (app, port) => {
    /** Counts requests of each worker. The first ones need room for the names of series. */
    const count = async (): Promise<void> => {
      await load({ port, paths: ['/'], count: 8, connections: 4 })
    }
    disk.fill()
    const options = await shippedOptions(program, new URL(app.metricsUrl).host)
    await withPrometheus(options, (prometheus) =>
      full.until(
        async () => {
          await count()
          return await look(app, prometheus)
        },
        ...['/status: ', 'page: ', 'alert: ', 'ENOSPC'],
      ),
    )
    await eventually(async () => {
      await count()
      assert.equal(app.stderr().match(/loses its last second/g)?.length, 2)
    })
    disk.free()
    await full.until(async () => {
      await count()
      assert.equal(app.stderr().match(/the crash file is written again/g)?.length, 2)
      return await look(app)
    })
    await assertSafeAgain(app, port)
    // Each worker told the beginning once.
    assert.equal(app.stderr().match(/loses its last second/g)?.length, 2)
  })
})

test('A primary that starts on a full disk makes its directory when there is room', async (context) => {
  const disk = await smallDisk(latestFirst(context))
  if (!disk) return
  disk.fill()
  const env = { WORKERS: '2', PROMETHEUS_MULTIPROC_DIR: disk.directory }
  await withCluster(env, async (app, port) => {
    await eventually(async () => {
      const faults = sum(await app.page(), 'gunicorn_exporter_faults_total', {
        component: 'crash_file',
      })
      assert.ok(faults > 0)
    })
    assert.match(app.stderr(), /a killed worker loses its last second, and .*ENOSPC/)
    disk.free()
    await eventually(() => assert.match(app.stderr(), /the directory for crash files is ready/))
    await eventually(async () => {
      await load({ port, paths: ['/'], count: 8, connections: 4 })
      assert.equal(namedFiles(disk.directory), 2)
    })
    await assertSafeAgain(app, port)
  })
})

/** The number of crash files with names of series, which are behind the pages of the file. */
function namedFiles(directory: string): number {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  const paths = names.filter((name) => name.endsWith('.counts'))
  return paths.filter((path) => statSync(join(directory, path)).size > namesAt).length
}

/** The requests of a worker that is killed come from its file. */
async function assertSafeAgain(app: App, port: number): Promise<void> {
  const requests = async (): Promise<number> =>
    sum(await app.page(), 'gunicorn_worker_requests_total')
  const before = await requests()
  const pid = Number((await get(port, '/pid')).body)
  process.kill(pid, 'SIGKILL')
  await eventually(async () => {
    const read = { result: 'read' }
    assert.equal(sum(await app.page(), 'gunicorn_exporter_crash_files_total', read), 1)
    assert.ok((await requests()) > before)
  })
}
