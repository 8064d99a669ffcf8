import assert from 'node:assert/strict'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type App,
  eventually,
  fetchText,
  fixtures,
  freePort,
  nodeUnderTest,
  startApp,
  startProgram,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { writeProject } from '../../support/programs/project.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { select, sum } from '../../support/prometheus/page.ts'

/*
 * clusterMetricReaders() without readers: OTel's PrometheusExporter of the application.
 */

const root = join(import.meta.dirname, '../../..')
const files: Readonly<Record<string, string>> = {
  '--require': 'default-sdk.cjs',
  '--import': 'default-sdk.mjs',
}

async function startCluster(flag: string, env: Record<string, string> = {}): Promise<App> {
  return await startApp({
    file: 'apps/sdk/sdk-cluster.cjs',
    preload: 'none',
    nodeArgs: [flag, join(fixtures, 'apps/sdk', files[flag] ?? '')],
    env: { OTEL_SERVICE_NAME: 'shop', ...env },
  })
}

describe('clusterMetricReaders without readers', () => {
  for (const flag of Object.keys(files)) {
    test(`shows the whole cluster at the configured port (${flag})`, async () => {
      const app = await startCluster(flag)
      try {
        const port = await app.ready()
        for (let count = 0; count < 6; count += 1) await get(port, '/buy?size=3')
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'gunicorn_worker_requests_total'), 6)
          assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 2)
          assert.equal(select(page, 'target_info', { service_name: 'shop' }).length, 1)
          // The names of the preload's page, and of a Collector: with units.
          // One of them is the primary's.
          assert.equal(sum(page, 'shop_size_bytes_count'), 7)
          assert.equal(sum(page, 'shop_amount_EUR_count'), 12)
          assert.deepEqual(select(page, 'shop_size_count'), [])
        })
      } finally {
        await app.stop()
      }
    })
  }

  test('waits for a port that another process has, and says so once', async () => {
    const port = await freePort()
    const holder = createServer().listen(port, '127.0.0.1')
    const app = await startCluster('--require', { PROMETHEUS_METRICS_PORT: String(port) })
    try {
      await app.ready()
      const text = /the metrics cannot listen on 127\.0\.0\.1:\d+ \(.*METRICS_PORT\).*EADDRINUSE/g
      await eventually(async () => assert.equal([...app.stderr().matchAll(text)].length, 1))
      holder.close()
      await eventually(async () => {
        assert.match(await fetchText(app.metricsUrl), /gunicorn_master_workers/)
      })
      assert.equal([...app.stderr().matchAll(text)].length, 1, app.stderr())
    } finally {
      holder.close()
      await app.stop()
    }
  })

  test('names the missing package and the command that installs it', async (context) => {
    const project = await temporaryDirectory(context)
    const own = join(project, 'node_modules/gunicorn-prometheus-exporter')
    const scope = join(project, 'node_modules/@opentelemetry')
    await mkdir(own, { recursive: true })
    await mkdir(scope)
    for (const file of ['dist', 'package.json']) {
      await cp(join(root, file), join(own, file), { recursive: true })
    }
    for (const name of ['api', 'instrumentation', 'sdk-metrics', 'resources']) {
      await symlink(join(root, 'node_modules/@opentelemetry', name), join(scope, name))
    }
    await writeProject(project, {
      'telemetry.mjs': [
        "import { clusterMetricReaders } from 'gunicorn-prometheus-exporter'",
        'try { clusterMetricReaders() } catch ({ message }) { console.log(message) }',
      ].join('\n'),
    })
    const program = startProgram([nodeUnderTest, 'telemetry.mjs'], {}, project)
    await program.ended
    assert.equal(
      program.stdout(),
      'clusterMetricReaders() without `readers` needs the package ' +
        '@opentelemetry/exporter-prometheus, which is missing: ' +
        'npm install @opentelemetry/exporter-prometheus\n',
      program.stderr(),
    )
  })

  test('refuses an endpoint that OTel’s exporter cannot serve', async () => {
    const env = {
      PROMETHEUS_METRICS_PORT: '0',
      PROMETHEUS_AUTH_BEARER_TOKEN: 'secret',
    }
    const file = join(fixtures, 'apps/sdk/default-sdk.cjs')
    const program = startProgram([nodeUnderTest, file], env)
    const { code } = await program.ended
    assert.equal(code, 1)
    assert.match(program.stderr(), /PROMETHEUS_METRICS_PORT is 0, which/)
    assert.match(program.stderr(), /PROMETHEUS_AUTH_\* is set, which/)
    assert.doesNotMatch(program.stderr(), /secret/)
  })
})
