import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, startMaster } from '../../support/programs/master.ts'

const directory = mkdtempSync(join(tmpdir(), 'metrics-exporter-'))
const config = join(directory, 'config.yml')
writeFileSync(config, 'exporter:\n  metrics_exporter: prometheus\n')
after(() => rmSync(directory, { recursive: true }))

type Environment = Readonly<Record<string, string>>

async function withCluster(env: Environment, act: (app: App) => Promise<void>): Promise<void> {
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
  try {
    await get(await app.ready(), '/')
    await act(app)
  } finally {
    await app.stop()
  }
}

async function hasPage(app: App): Promise<void> {
  await eventually(async () => assert.ok((await app.page()).length > 0))
}

describe('OTEL_METRICS_EXPORTER, set for another SDK in the process,', {
  concurrency: true,
}, () => {
  const none = { OTEL_METRICS_EXPORTER: 'none' }
  const line =
    'gunicorn-prometheus-exporter: OTEL_METRICS_EXPORTER is none, so this package collects no ' +
    'metrics and opens no endpoint. If the variable is for another SDK, set ' +
    'GUNICORN_METRICS_EXPORTER=prometheus. Otherwise, set GUNICORN_METRICS_EXPORTER=none. ' +
    '(GPE_SHARED_SWITCH)\n'

  test('switches the page off with one line in a cluster', async () => {
    await withCluster(none, async (app) => {
      await eventually(() => assert.equal(app.stderr(), line))
      await assert.rejects(fetch(app.metricsUrl))
    })
  })

  test('switches the page of `run` off with one line', async () => {
    const master = await startMaster({ options: ['--workers', '2'], env: none })
    try {
      await eventually(async () => assert.equal((await get(master.port, '/')).status, 200))
      assert.equal(countLines(master.stderr(), 'OTEL_METRICS_EXPORTER is none, so'), 1)
    } finally {
      await master.stop()
    }
  })

  const kept: Readonly<Record<string, Environment>> = {
    GUNICORN_METRICS_EXPORTER: { ...none, GUNICORN_METRICS_EXPORTER: 'prometheus' },
    'the key metrics_exporter': { ...none, GUNICORN_PROMETHEUS_EXPORTER_CONFIG: config },
  }
  for (const [name, env] of Object.entries(kept)) {
    test(`leaves the page on with ${name}`, async () => {
      await withCluster(env, async (app) => {
        await hasPage(app)
        assert.equal(app.stderr(), '')
      })
    })
  }

  test('leaves the page on, with one line, where the value is console', async () => {
    await withCluster({ OTEL_METRICS_EXPORTER: 'console' }, async (app) => {
      await hasPage(app)
      const expected =
        'gunicorn-prometheus-exporter: OTEL_METRICS_EXPORTER has "console"; allowed is ' +
        'prometheus or otlp or none. It is ignored. (GPE_SETTING_IGNORED)\n'
      await eventually(() => assert.equal(app.stderr(), expected))
    })
  })
})
