import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { namesAt } from '../../../src/crash-file/layout.ts'
import { type App, eventually, startApp, withCluster } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { oneIn, workersStatus } from '../../support/programs/hang.ts'
import { get, load } from '../../support/programs/load.ts'
import { startMaster } from '../../support/programs/master.ts'
import { startServe } from '../../support/programs/serve.ts'
import { smallDisk } from '../../support/programs/small-disk.ts'
import { look, readSymptom, type Shown } from '../../support/programs/symptom.ts'
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
  const full = await readSymptom('A full disk', (text) => !isElsewhere(text) && !isAtStart(text))
  // A single listener keeps the port while the other worker is killed.
  const env = {
    WORKERS: '2',
    GUNICORN_CRASH_MEMORY: 'off',
    PROMETHEUS_MULTIPROC_DIR: disk.directory,
  }
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
      assert.equal(app.stderr().match(/the crash file of this worker is written again/g)?.length, 2)
      return await look(app)
    })
    await assertSafeAgain(app, port)
    // Each worker told the beginning once.
    assert.equal(app.stderr().match(/loses its last second/g)?.length, 2)
  })
})

/** Whether a quotation is about a primary that starts on a full disk. */
function isAtStart(text: string): boolean {
  return /last report|directory for crash files|exporter_crash_file/.test(text)
}

/** Whether a quotation is about a log file or a shared directory. */
function isElsewhere(text: string): boolean {
  return /log file|the directory of|sidecar/.test(text)
}

test('A full disk of a log and of a directory shows what the page quotes', async (given) => {
  const context = latestFirst(given)
  const disk = await smallDisk(context)
  if (!disk) return
  const { directory, fill, free } = disk
  const full = await readSymptom('A full disk', isElsewhere)
  const log = join(directory, 'run.log')
  const options = ['-w', '1', '--log-file', log]
  const master = await startMaster({ options, env: { PROMETHEUS_STATE_DIR: directory } })
  context.after(() => master.stop())
  const env = { PROMETHEUS_SHARED_DIR: directory }
  const app = await startApp({ file: 'apps/single/single.cjs', env })
  context.after(() => app.stop())
  const sidecar = await startServe({ args: ['--shared-dir', directory] })
  context.after(() => sidecar.stop())
  await eventually(async () => {
    const live = { origin: 'directory', state: 'live' }
    assert.equal(sum(await sidecar.page(), 'gunicorn_sidecar_instances', live), 1)
    assert.match(readFileSync(log, 'utf8'), /Booting worker/)
    // The master can be signalled.
    assert.equal(sum(await master.page(), 'gunicorn_master_workers', { state: 'listening' }), 1)
  })
  const show = async (): Promise<Shown> => {
    // The master logs the signal.
    master.signal('SIGUSR1')
    return { stderr: `${app.stderr()}${master.stderr()}`, page: await sidecar.page() }
  }
  await full.until(
    async () => {
      // A file that another process removes gives space back.
      fill()
      return await show()
    },
    ...['cannot be written', 'page: '],
  )
  assert.match(master.stderr(), /Handling signal: usr1/i)
  free()
  await full.until(show)
  await eventually(async () => {
    const before = readFileSync(log, 'utf8').length
    master.signal('SIGUSR1')
    await eventually(() => assert.ok(readFileSync(log, 'utf8').length > before))
  })
})

test('A primary that starts on a full disk makes its directory later', async (context) => {
  const disk = await smallDisk(latestFirst(context))
  if (!disk) return
  disk.fill()
  const full = await readSymptom('A full disk', isAtStart)
  const env = {
    WORKERS: '2',
    GUNICORN_CRASH_MEMORY: 'off',
    PROMETHEUS_MULTIPROC_DIR: disk.directory,
  }
  await withCluster(env, async (app, port) => {
    await full.until(() => look(app), 'ENOSPC', 'page: ')
    disk.free()
    await full.until(() => look(app))
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
