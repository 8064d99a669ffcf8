import { createRequire } from 'node:module'
import { join } from 'node:path'
import { answer } from '../support/answer.mjs'
import { answerPage } from './page-work.mjs'

/*
 * A server, observed in one of several ways: request-server.mjs OBSERVER SERVER DIRECTORY. The
 * directory has the packages of others. The program loads everything with `require`, and
 * `node:http` last: OTel's patching needs this order.
 */

const [observer, kind, directory] = process.argv.slice(2)
const load = createRequire(import.meta.url)
const loadInstalled = createRequire(join(directory, 'package.json'))
const durationBounds = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
]
const sizeBounds = [1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304]

const handlers = { hello, work: answerPage, http2: hello }

/**
 * Each function returns what to do at the start of a request, and a function that reads the number
 * of counted requests.
 */
const observers = {
  // The preload is a flag of the process. The page shows its count.
  none: () => ({}),
  channels: listenToChannels,
  instrumentation: useOwnInstrumentation,
  'prometheus-client': usePrometheusClient,
  'instrumentation-http': useHttpInstrumentation,
}

const { begin, counted = () => undefined } = observers[observer]()
const handle = begin ? observed(handlers[kind], begin) : handlers[kind]
const server =
  kind === 'http2'
    ? load('node:http2').createServer(handle)
    : load('node:http').createServer({ keepAliveTimeout: 600_000 }, handle)

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

function observed(handler, beginRequest) {
  return (request, response) => {
    beginRequest(request, response)
    return handler(request, response)
  }
}

/** Node's own cost of publishing to idle subscribers. */
function listenToChannels() {
  const { subscribe } = load('node:diagnostics_channel')
  let count = 0
  subscribe('http.server.request.start', () => {})
  subscribe('http.server.response.finish', () => {
    count += 1
  })
  return { counted: () => count }
}

function useOwnInstrumentation() {
  const { GunicornInstrumentation } = load('../../dist/index.cjs')
  const instrumentation = new GunicornInstrumentation()
  const sdk = load('@opentelemetry/sdk-metrics')
  return { counted: register(sdk, instrumentation, 'gunicorn_worker_request_duration_seconds') }
}

function useHttpInstrumentation() {
  const { HttpInstrumentation } = loadInstalled('@opentelemetry/instrumentation-http')
  const sdk = loadInstalled('@opentelemetry/sdk-metrics')
  return { counted: register(sdk, new HttpInstrumentation(), 'http.server.request.duration') }
}

/**
 * Connects an instrumentation to an SDK; returns how to read the count of one of its histograms.
 */
function register({ MeterProvider, MetricReader }, instrumentation, histogram) {
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
  const { Counter, Histogram } = loadInstalled('@prometheus-io/client')
  const requests = new Counter({ name: 'requests_total', help: 'Requests.' })
  const histogram = (name, buckets) => new Histogram({ name, help: 'Histogram.', buckets })
  const duration = histogram('request_duration_seconds', durationBounds)
  const requestSize = histogram('request_size_bytes', sizeBounds)
  const responseSize = histogram('response_size_bytes', sizeBounds)

  function begin(request, response) {
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
  }
  return { begin, counted: async () => (await requests.get()).values[0].value }
}
