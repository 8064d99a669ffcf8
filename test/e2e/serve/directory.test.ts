import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { type App, eventually, fetchText, startApp } from '../../support/programs/app.ts'
import { type Belongings, latestFirst } from '../../support/programs/belongings.ts'
import { type Sidecar, startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { faultsOf } from '../../support/prometheus/exposition.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import { burden, countsOf } from '../../support/redis/sharing.ts'
import { need, promtool } from '../../support/tools.ts'

describe('serve over a shared directory', () => {
  test('shows exact counts of clusters without endpoints of their own', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const one = await startCluster(context, {
      PROMETHEUS_MULTIPROC_DIR: directory,
      SIDECAR_MODE: 'true',
    })
    const other = await startCluster(context, { PROMETHEUS_SHARED_DIR: directory })
    await burden([one], 200)
    await burden([other], 201)
    const sidecar = await startSidecar(context, directory)
    await eventually(async () => {
      const page = await sidecar.page()
      assert.deepEqual(countsOf(page), [200, 201])
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 4)
      assert.equal(
        sum(page, 'gunicorn_sidecar_instances', { origin: 'directory', state: 'live' }),
        2,
      )
      assert.ok(sum(page, 'gunicorn_sidecar_multiproc_files_count') >= 2)
      assert.ok(sum(page, 'gunicorn_sidecar_multiproc_dir_size_bytes') > 0)
      assert.deepEqual(select(page, 'gunicorn_sidecar_redis_connected'), [])
    })
    assert.deepEqual(faultsOf(await fetchText(sidecar.metricsUrl), 'prometheus'), [])
    assert.equal((await sidecar.probe('/readyz')).status, 200)
    for (const { metricsUrl } of [one, other]) await assert.rejects(fetch(metricsUrl))
  })

  test('waits without a warning for a directory that comes later', async (given) => {
    const context = latestFirst(given)
    const directory = join(await temporaryDirectory(context), 'not-yet')
    const sidecar = await startSidecar(context, directory)
    await eventually(() =>
      assert.match(sidecar.stderr(), /the directory of --shared-dir is not there yet/),
    )
    assert.equal((await sidecar.probe('/healthz')).status, 200)
    const { status, text } = await sidecar.probe('/readyz')
    assert.equal(status, 503)
    assert.match(text, /directory is not there yet; the first application makes it/)
    await startCluster(context, { PROMETHEUS_SHARED_DIR: directory })
    await eventually(async () => {
      const page = await sidecar.page()
      assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }), 1)
    })
    const lines = sidecar.stderr().split('\n')
    const told = lines.filter((line) => line.includes('the directory of'))
    assert.deepEqual(
      told.map((line) => line.replace(/^.*\[INFO\] the directory of --shared-dir /, '')),
      ['is not there yet; the first application makes it', 'is there'],
    )
    assert.doesNotMatch(sidecar.stderr(), /WARNING|ENOENT/)
  })

  test('never shows a live instance beside a directory without files', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const sidecar = await startSidecar(context, directory)
    const starting = startCluster(context, { PROMETHEUS_SHARED_DIR: directory })
    let page = await sidecar.page()
    while (!(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }) > 0)) {
      page = await sidecar.page()
    }
    assert.ok(sum(page, 'gunicorn_sidecar_multiproc_files_count') >= 1)
    assert.ok(sum(page, 'gunicorn_sidecar_multiproc_dir_size_bytes') > 100)
    await starting
  })

  test('has a page with one promtool warning, for a name of the Python exporter', async (given) => {
    const context = latestFirst(given)
    const tool = need(context, promtool())
    if (tool === undefined) return
    const directory = await temporaryDirectory(context)
    const app = await startCluster(context, { PROMETHEUS_SHARED_DIR: directory })
    await burden([app], 10)
    const sidecar = await startSidecar(context, directory)
    await eventually(async () => assert.deepEqual(countsOf(await sidecar.page()), [10]))
    const input = await fetchText(sidecar.metricsUrl)
    const checked = spawnSync(tool, ['check', 'metrics'], {
      input,
      encoding: 'utf8',
      timeout: 60_000,
    })
    const remarks = `${checked.stdout}${checked.stderr}`.split('\n').filter((line) => line !== '')
    assert.equal(remarks.length, 1, remarks.join('\n'))
    assert.match(remarks[0] ?? '', /^gunicorn_sidecar_multiproc_files_count .*_count/)
    const openMetrics = await fetchText(sidecar.metricsUrl, {
      accept: 'application/openmetrics-text; version=1.0.0',
    })
    assert.deepEqual(faultsOf(openMetrics, 'openmetrics'), [])
  })

  test('keeps the last counts of a killed primary and of an ended primary', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const sidecar = await startSidecar(context, directory)
    const killed = await startCluster(context, { PROMETHEUS_SHARED_DIR: directory })
    const ended = await startCluster(context, { PROMETHEUS_SHARED_DIR: directory }, 'pushed.cjs')
    await burden([killed], 100)
    await eventually(async () => assert.deepEqual(countsOf(await sidecar.page()), [0, 100]))
    await killed.stop()
    await burden([ended], 77)
    ended.child.kill('SIGUSR2')
    await ended.ended
    await eventually(async () => {
      const page = await sidecar.page()
      assert.deepEqual(countsOf(page), [77, 100])
      assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }), 0)
      assert.equal((await sidecar.probe('/readyz')).status, 503)
    })
    await eventually(async () => {
      const page = await sidecar.page()
      assert.deepEqual(countsOf(page), [77, 100])
      assert.deepEqual(select(page, 'gunicorn_worker_memory_bytes'), [])
      assert.deepEqual(select(page, 'gunicorn_master_workers'), [])
    })
    const { origins } = await sidecar.status()
    assert.deepEqual(origins.flatMap(({ sources }) => sources.map(({ state }) => state)).sort(), [
      'ended',
      'stale',
    ])
  })

  test('survives a directory that is absent, removed, and created again', async (given) => {
    const context = latestFirst(given)
    const parent = await temporaryDirectory(context)
    const directory = join(parent, 'volume')
    const sidecar = await startSidecar(context, directory)
    await eventually(async () => {
      const { origins } = await sidecar.status()
      assert.match(origins[0]?.lastError ?? '', /ENOENT/)
      assert.equal(origins[0]?.connected, false)
    })
    const app = await startCluster(context, { PROMETHEUS_SHARED_DIR: directory })
    await burden([app], 30)
    await eventually(async () => assert.deepEqual(countsOf(await sidecar.page()), [30]))
    assert.doesNotMatch(sidecar.stderr(), /WARNING/)
    // A primary that runs makes the directory again before `serve` misses it.
    app.child.kill('SIGSTOP')
    await rm(directory, { recursive: true })
    await eventually(() => assert.match(sidecar.stderr(), /WARNING.*cannot be read.*ENOENT/))
    app.child.kill('SIGCONT')
    await burden([app], 12)
    await eventually(async () => assert.deepEqual(countsOf(await sidecar.page()), [42]))
    assert.match(sidecar.stderr(), /can be read again/)
  })

  test('rejects and counts invalid files and removes old files', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const app = await startCluster(context, { PROMETHEUS_SHARED_DIR: directory })
    await burden([app], 30)
    const uid = process.getuid?.() ?? 'user'
    const home = join(directory, `gunicorn-prometheus-exporter-${uid}`, 'sources')
    const [genuine] = await eventually(async () => {
      const names = await readdir(home)
      assert.ok(names[0])
      return names
    })
    const name = (digit: number): string => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`
    await writeFile(join(home, name(1)), 'nonsense')
    await writeFile(join(home, name(2)), 'gunicorn-prometheus-exporter/9 json x\n{}')
    await symlink('/dev/zero', join(home, name(3)))
    await mkdir(join(home, name(4)))
    await symlink(join(home, genuine ?? ''), join(home, name(5)))
    await writeFile(join(home, name(6)), 'x'.repeat(100))
    const past = Date.now() / 1_000 - 2 * (shareLimits.sharedFileMs / 1_000)
    await utimes(join(home, name(6)), past, past)
    // serve does not trust a directory that every user may write to.
    const open = join(directory, 'gunicorn-prometheus-exporter-4711')
    await mkdir(join(open, 'sources'), { recursive: true })
    await rename(join(home, name(2)), join(home, name(7)))
    const sidecar = await startSidecar(context, directory)
    await eventually(async () => {
      const page = await sidecar.page()
      assert.deepEqual(countsOf(page), [30])
      assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }), 1)
      assert.ok(sum(page, 'gunicorn_sidecar_refused_values_total', { reason: 'format' }) >= 2)
      const names = await readdir(home)
      assert.ok(!names.includes(name(6)), 'an old file stays')
    })
  })
})

async function startCluster(
  context: Belongings,
  env: Readonly<Record<string, string>>,
  file = 'cluster.cjs',
): Promise<App> {
  const app = await startApp({ file: `apps/cluster/${file}`, env })
  context.after(() => app.stop())
  await app.ready()
  return app
}

async function startSidecar(context: Belongings, directory: string): Promise<Sidecar> {
  const env = { SIDECAR_UPDATE_INTERVAL: '0.1' }
  const sidecar = await startServe({ args: ['--shared-dir', directory], env })
  context.after(() => sidecar.stop())
  return sidecar
}
