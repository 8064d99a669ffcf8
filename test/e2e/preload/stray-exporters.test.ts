import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type App, eventually, freePort, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'

const remedies = [
  /Remove the application’s own metrics server/,
  /set PROMETHEUS_METRICS_PORT to another port/,
  /mount metricsHandler/,
]
const worker = /worker 1 \(pid \d+\) of the application/
const main = /the main process \(pid \d+\) of the application/

/** Starts the program and waits until it has done all its listening. */
async function start(t: TestContext, env: Readonly<Record<string, string>>): Promise<App> {
  const app = await startApp({ file: 'apps/cluster/other-metrics-servers.cjs', env })
  t.after(app.stop)
  assert.equal((await get(await app.ready(), '/')).body, 'hello')
  return app
}

/** The lines on stderr that are about a server that conflicts with the endpoint. */
function warnings(app: App): string[] {
  return app
    .stderr()
    .split('\n')
    .filter((line) => line.includes(' of the application '))
}

type Row = [shape: string, when: string, how: string, host: string, address: string]

describe('A server of the application’s on the port of the metrics', { concurrency: true }, () => {
  const rows: Row[] = [
    ['cluster', 'first', 'shared', '', '127.0.0.1'],
    ['cluster', 'first', 'exclusive', '', '127.0.0.1'],
    ['cluster', 'first', 'shared', '127.0.0.1', '0.0.0.0'],
    ['cluster', 'later', 'shared', '', '127.0.0.1'],
    ['cluster', 'later', 'exclusive', '127.0.0.1', '0.0.0.0'],
    ['primary', 'first', 'shared', '', '127.0.0.1'],
    ['primary', 'later', 'shared', '127.0.0.1', '127.0.0.1'],
    ['single', 'first', 'shared', '', '0.0.0.0'],
    ['single', 'first', 'shared', '127.0.0.1', '127.0.0.1'],
    ['single', 'later', 'shared', '::', '127.0.0.1'],
    ['single', 'later', 'shared', '127.0.0.1', '127.0.0.1'],
  ]
  for (const row of rows) it(`causes a warning (${row.join(', ')})`, (t) => causesWarning(t, row))
})

async function causesWarning(
  t: TestContext,
  [SHAPE, WHEN, HOW, host, address]: Row,
): Promise<void> {
  const port = String(await freePort())
  // Twice, because a refused server tries again.
  const OWN = `${host}:${port},${host}:${port}`
  const env = { PROMETHEUS_METRICS_PORT: port, PROMETHEUS_BIND_ADDRESS: address }
  const app = await start(t, { SHAPE, WHEN, HOW, OWN, ...env })
  const [outcome] = app.stdout().match(/^own .*$/gm) ?? []
  // The exporter's thread starts at the fork: which one is faster, the thread or the worker, is
  // open.
  if (WHEN === 'later') assert.equal(outcome, 'own EADDRINUSE')
  else if (SHAPE !== 'cluster') assert.equal(outcome, 'own listening')
  const [warning = ''] = await eventually(() => {
    assert.ok(warnings(app).length > 0, app.stderr())
    return warnings(app)
  })
  assert.match(warning, new RegExp(`port ${port} itself, which is the port of the metrics`))
  for (const part of [SHAPE === 'cluster' ? worker : main, ...remedies]) assert.match(warning, part)
  if (outcome === 'own listening') {
    await eventually(() => assert.match(app.stderr(), /cannot listen/))
  }
  assert.equal(warnings(app).length, 1)
}

describe('An OpenTelemetry PrometheusExporter', { concurrency: true }, () => {
  for (const how of ['cjs', 'esm']) {
    it(`in a cluster worker causes a warning (${how})`, async (t) => {
      const port = await freePort()
      const app = await start(t, { EXPORTER: `${how}:${port}` })
      const [warning = ''] = warnings(app)
      assert.match(
        warning,
        /^gunicorn-prometheus-exporter: worker 1 \(pid \d+\) of the application/,
      )
      assert.match(warning, new RegExp(`PrometheusExporter that listens on port ${port}: `))
      assert.match(warning, /Remove the exporter and its MeterProvider/)
      assert.equal(warnings(app).length, 1)
    })
  }

  for (const SHAPE of ['single', 'primary']) {
    it(`elsewhere causes no warning (${SHAPE})`, async (t) => {
      const app = await start(t, { SHAPE, EXPORTER: `cjs:${await freePort()}` })
      await eventually(() => app.page())
      assert.equal(app.stderr(), '')
    })

    it(`on the port of the metrics causes the warning of any server (${SHAPE})`, async (t) => {
      const port = String(await freePort())
      const app = await start(t, { SHAPE, EXPORTER: `cjs:${port}`, PROMETHEUS_METRICS_PORT: port })
      await eventually(() => assert.equal(warnings(app).length, 1, app.stderr()))
      assert.match(warnings(app)[0] ?? '', /which is the port of the metrics endpoint/)
    })
  }
})

describe('The preload gives no warning', { concurrency: true }, () => {
  for (const SHAPE of ['cluster', 'primary', 'single']) {
    for (const WHEN of ['first', 'later']) {
      it(`for other ports and other addresses (${SHAPE}, ${WHEN})`, async (t) => {
        const metrics = String(await freePort())
        const others = [await freePort(), await freePort(), 0]
        const places = [
          ...others.map((port) => `127.0.0.1:${port}`),
          // Linux has the whole of 127.0.0.0/8.
          ...(process.platform === 'linux' ? [`127.0.0.2:${metrics}`] : []),
        ]
        const app = await start(t, {
          SHAPE,
          WHEN,
          OWN: places.join(),
          PROMETHEUS_METRICS_PORT: metrics,
        })
        await eventually(() => app.page())
        const outcomes = app.stdout().match(/^own .*$/gm)
        assert.deepEqual(
          outcomes,
          places.map(() => 'own listening'),
        )
        assert.equal(app.stderr(), '')
      })
    }
  }
})
