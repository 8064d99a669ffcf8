import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { startCollector } from '../../support/otel/collector.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'
import { dashboards } from '../../support/prometheus/dashboards.ts'
import { type Prometheus, withPrometheus } from '../../support/prometheus/prometheus.ts'
import { scrapeConfig } from '../../support/prometheus/scrape-jobs.ts'
import { need, otelcol, prometheus } from '../../support/tools.ts'

const file = 'apps/routes/shop.mjs'
const paths = ['/users/42', '/orders/1', '/orders/unpaid', '/nowhere', '/users/7']
/** The requests of one call of `send`, by route and method. */
const shares = { '/users/:id': 0.4, '/orders/:id': 0.4, _UNMATCHED: 0.2 }

describe('The queries of published dashboards find the metrics of Express in two workers', () => {
  test('that Prometheus scrapes', async (context) => {
    const program = need(context, prometheus())
    if (program === undefined) return
    await withShop({}, async (app) => {
      const config = scrapeConfig({ shop: { port: Number(new URL(app.metricsUrl).port) } })
      await withPrometheus({ prometheus: program, config }, async (server) => {
        const all = 'job=~"shop", instance=~"127.0.0.1:.*"'
        await assertAnswers({ app, server, all, job: 'shop' })
      })
    })
  })

  test('that the application pushes to the Collector', async (context) => {
    await withPushed(context, async (app, server) => {
      const all =
        'service_name="shop", service_namespace=~"market", deployment_environment_name=~"test"'
      await assertAnswers({ app, server, all, job: 'market/shop' })
    })
  })
})

interface Answers {
  readonly app: App
  readonly server: Prometheus
  /** Selectors of the application. */
  readonly all: string
  readonly job: string
}

async function assertAnswers({ app, server, all, job }: Answers): Promise<void> {
  const port = await app.ready()
  const endpoint = 'http_route="/orders/:id", http_request_method="GET"'
  await eventually(async () => {
    await send(port)
    for (const dashboard of dashboards({ all, endpoint })) {
      for (const { title, expression } of dashboard.queries) {
        const results = await server.query(expression)
        const where = `${dashboard.title}, ${title}: ${expression}`
        assert.ok(results.length > 0, `nothing for ${where}`)
        for (const { value } of results) assert.ok(value >= 0, `${value} for ${where}`)
      }
    }
  }, 60_000)
  await eventually(async () => {
    await send(port)
    await assertRoutes(server, all)
    await assertErrors(server, all)
    const jobs = await values(server, 'group by (job) (http_server_active_requests)', 'job')
    assert.deepEqual(Object.keys(jobs), [job])
  }, 60_000)
}

async function assertRoutes(server: Prometheus, all: string): Promise<void> {
  const count = `increase(http_server_request_duration_seconds_count{${all}}[1m])`
  const get = count.replace('}', ', http_request_method="GET"}')
  const byRoute = await values(
    server,
    `sum by (http_route) (${get}) / on () group_left () sum(${get})`,
    'http_route',
  )
  assertNear(byRoute, shares)
  const quantiles = await values(
    server,
    'histogram_quantile(0.95, sum by (http_route, le) ' +
      `(rate(http_server_request_duration_seconds_bucket{${all}}[1m])))`,
    'http_route',
  )
  assert.deepEqual(Object.keys(quantiles).sort(), [...Object.keys(shares), '/users'].sort())
  for (const seconds of Object.values(quantiles)) assert.ok(seconds > 0 && seconds < 10)
}

async function assertErrors(server: Prometheus, all: string): Promise<void> {
  const rate = (more: string): string =>
    `rate(http_server_request_duration_seconds_count{${all}${more}}[1m])`
  const failed = rate(', error_type!=""')
  const byRoute = await values(
    server,
    `sum by (http_route) (${failed}) / sum by (http_route) (${rate('')})`,
    'http_route',
  )
  assertNear(byRoute, { '/orders/:id': 0.5 })
  const gets = rate(', http_request_method="GET"')
  const byClass = await values(
    server,
    `sum by (error_type) (${failed}) / on () group_left () sum(${gets})`,
    'error_type',
  )
  assertNear(byClass, { PaymentError: 0.2 })
}

function assertNear(found: Record<string, number>, wanted: Record<string, number>): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(wanted).sort())
  for (const [name, value] of Object.entries(wanted)) {
    assert.ok(Math.abs((found[name] ?? 0) - value) < 0.05, `${name}: ${found[name]}`)
  }
}

async function values(
  server: Prometheus,
  expression: string,
  label: string,
): Promise<Record<string, number>> {
  const results = await server.query(expression)
  return Object.fromEntries(results.map(({ labels, value }) => [labels[label] ?? '', value]))
}

async function send(port: number): Promise<void> {
  await load({ port, paths, count: 200, connections: 4 })
  await load({ port, paths: ['/users'], count: 20, connections: 2, methods: ['POST'] })
}

async function withShop(
  env: Readonly<Record<string, string>>,
  act: (app: App) => Promise<void>,
): Promise<void> {
  const app = await startApp({ file, env: { GUNICORN_HTTP_BODY_SIZES: 'true', ...env } })
  try {
    await act(app)
  } finally {
    await app.stop()
  }
}

/** The application pushes OTLP to a Collector, and Prometheus scrapes the Collector only. */
async function withPushed(
  context: TestContext,
  act: (app: App, server: Prometheus) => Promise<void>,
): Promise<void> {
  const [program, collectorProgram] = [need(context, prometheus()), need(context, otelcol())]
  if (program === undefined || collectorProgram === undefined) return
  // The labels of the resource, which the dashboard of OpenTelemetry's demo selects by.
  const labelled = 'exporters::prometheus::resource_to_telemetry_conversion::enabled: true'
  const collector = await startCollector({
    otelcol: collectorProgram,
    config: 'push.yaml',
    settings: [labelled],
  })
  const { OTLP_HTTP_ENDPOINT: address, PAGE_ENDPOINT: page } = collector.endpoints
  const env = {
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_METRIC_EXPORT_INTERVAL: '500',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${address}`,
    OTEL_SERVICE_NAME: 'shop',
    OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=market,deployment.environment.name=test',
  }
  try {
    await withShop(env, async (app) => {
      const port = Number(page.split(':').at(-1))
      const config = scrapeConfig({ collector: { port, how: ['honor_labels: true'] } })
      await withPrometheus({ prometheus: program, config }, (server) => act(app, server))
    })
  } finally {
    await collector.stop()
  }
}
