import { createRequire } from 'node:module'
import { join } from 'node:path'
import { answer } from '../support/answer.mjs'

/*
 * An application with the route `/users/:id`, observed in one of several ways:
 * web-server.mjs FRAMEWORK OBSERVER DIRECTORY. The directory has all packages. An observer is ready
 * before the framework loads: OTel's patching needs this order.
 */

const [framework, observer, directory] = process.argv.slice(2)
const load = createRequire(join(directory, 'package.json'))

/** Each function returns how to add the observer to the application, and how to read its count. */
const observers = {
  none: () => ({}),
  'instrumentation-http': useHttpInstrumentation,
  'express-prom-bundle': useExpressPromBundle,
  'fastify-metrics': useFastifyMetrics,
}
const { addTo = () => {}, counted = () => undefined } = observers[observer]()
const listen = { express: listenWithExpress, fastify: listenWithFastify }[framework]

answer({ counted, ready: listen })

function listenWithExpress() {
  const app = load('express')()
  addTo(app)
  app.get('/users/:id', (_request, response) => response.send('hello'))
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port))
    server.keepAliveTimeout = 600_000
  })
}

async function listenWithFastify() {
  const app = load('fastify')({ keepAliveTimeout: 600_000 })
  await addTo(app)
  app.get('/users/:id', async () => 'hello')
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server.address().port
}

/** The SDK with the Prometheus exporter, and without other instrumentations. */
function useHttpInstrumentation() {
  const { HttpInstrumentation } = load('@opentelemetry/instrumentation-http')
  const { PrometheusExporter } = load('@opentelemetry/exporter-prometheus')
  const { MeterProvider } = load('@opentelemetry/sdk-metrics')
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const instrumentation = new HttpInstrumentation()
  instrumentation.setMeterProvider(new MeterProvider({ readers: [exporter] }))
  instrumentation.enable()
  return {
    async counted() {
      const { resourceMetrics } = await exporter.collect()
      const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
      const points = metrics
        .filter(({ descriptor }) => descriptor.name === 'http.server.request.duration')
        .flatMap(({ dataPoints }) => dataPoints)
      return points.reduce((sum, { value }) => sum + value.count, 0)
    },
  }
}

function useExpressPromBundle() {
  const bundle = load('express-prom-bundle')
  const metrics = bundle({ includeMethod: true, includePath: true, includeStatusCode: true })
  return {
    addTo: (app) => app.use(metrics),
    counted: () => countedBy(bundle.promClient.register, 'http_request_duration_seconds'),
  }
}

function useFastifyMetrics() {
  const plugin = load('fastify-metrics')
  let app
  return {
    addTo(created) {
      app = created
      return app.register(plugin.default ?? plugin, { endpoint: '/metrics' })
    },
    async counted() {
      const { payload } = await app.inject('/metrics')
      const counts = payload.matchAll(/^http_request_duration_seconds_count\{.*users.* (\d+)$/gm)
      return Array.from(counts, ([, count]) => Number(count)).reduce((sum, each) => sum + each, 0)
    },
  }
}

/** The sum of a histogram's counts over all series. */
async function countedBy(register, histogram) {
  const { values } = await register.getSingleMetric(histogram).get()
  return values
    .filter(({ metricName }) => metricName === `${histogram}_count`)
    .reduce((sum, { value }) => sum + value, 0)
}
