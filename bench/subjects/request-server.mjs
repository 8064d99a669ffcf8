import { createRequire } from 'node:module'
import { answer } from '../support/answer.mjs'

/*
 * `res.end('hello')`, observed in one of several ways: request-server.mjs VARIANT. The program
 * loads everything with `require`, and `node:http` last: OTel's patching needs this order.
 */

const load = createRequire(import.meta.url)
const durationBounds = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
]
const sizeBounds = [1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304]

/**
 * Each function returns the request handler and a function that reads the number of counted
 * requests.
 */
const variants = {
  bare: () => ({ handle: hello }),
  // The preload is a flag of the process. The page shows its count.
  preload: () => ({ handle: hello }),
  // The same server in a cluster worker.
  worker: () => ({ handle: hello }),
  'preload-worker': () => ({ handle: hello }),
  'preload-http': () => ({ handle: hello }),
  'preload-runtime': () => ({ handle: hello }),
  channels: listenToChannels,
  instrumentation: useOwnInstrumentation,
  'prometheus-client': usePrometheusClient,
  'instrumentation-http': useHttpInstrumentation,
}

const { handle, counted = () => undefined } = variants[process.argv[2]]()
const server = load('node:http').createServer({ keepAliveTimeout: 600_000 }, handle)

answer({
  counted,
  ready: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address().port))
    }),
})

function hello(_request, response) {
  response.end('hello')
}

/** Node's own cost of publishing to idle subscribers. */
function listenToChannels() {
  const { subscribe } = load('node:diagnostics_channel')
  let count = 0
  subscribe('http.server.request.start', () => {})
  subscribe('http.server.response.finish', () => {
    count += 1
  })
  return { handle: hello, counted: () => count }
}

function useOwnInstrumentation() {
  const { GunicornInstrumentation } = load('../../dist/index.cjs')
  const counted = register(
    new GunicornInstrumentation(),
    'gunicorn_worker_request_duration_seconds',
  )
  return { handle: hello, counted }
}

function useHttpInstrumentation() {
  const { HttpInstrumentation } = load('@opentelemetry/instrumentation-http')
  return {
    handle: hello,
    counted: register(new HttpInstrumentation(), 'http.server.request.duration'),
  }
}

/**
 * Connects an instrumentation to an SDK; returns how to read the count of one of its histograms.
 */
function register(instrumentation, histogram) {
  const { MeterProvider, MetricReader } = load('@opentelemetry/sdk-metrics')
  class Reader extends MetricReader {
    async onForceFlush() {}
    async onShutdown() {}
  }
  const reader = new Reader()
  instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }))
  instrumentation.enable()
  return async () => {
    const { resourceMetrics } = await reader.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    const points = metrics.find(({ descriptor }) => descriptor.name === histogram)?.dataPoints ?? []
    return points.reduce((sum, { value }) => sum + value.count, 0)
  }
}

/** The same four metrics, recorded when the response has finished or its connection has closed. */
function usePrometheusClient() {
  const { Counter, Histogram } = load('@prometheus-io/client')
  const requests = new Counter({ name: 'requests_total', help: 'Requests.' })
  const histogram = (name, buckets) => new Histogram({ name, help: 'Histogram.', buckets })
  const duration = histogram('request_duration_seconds', durationBounds)
  const requestSize = histogram('request_size_bytes', sizeBounds)
  const responseSize = histogram('response_size_bytes', sizeBounds)

  function handle(request, response) {
    const end = duration.startTimer()
    const { socket } = request
    const written = socket.bytesWritten
    // 'close' follows 'finish'. If the client aborts, 'close' comes alone.
    response.once('close', () => {
      end()
      requests.inc()
      requestSize.observe(Number(request.headers['content-length'] ?? 0))
      responseSize.observe(socket.bytesWritten - written)
    })
    hello(request, response)
  }
  return { handle, counted: async () => (await requests.get()).values[0].value }
}
