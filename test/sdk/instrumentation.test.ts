import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import {
  Agent,
  createServer,
  get as httpGet,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { createRequire } from 'node:module'
import type { AddressInfo, Server, Socket } from 'node:net'
import { describe, test } from 'node:test'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { type Histogram, MeterProvider } from '@opentelemetry/sdk-metrics'
import {
  ClusterMetricReader,
  ClusterTotals,
  clusterMetricReaders,
  GunicornInstrumentation,
  recordError,
  setRoute,
} from '../../src/index.ts'
import { httpDurationBounds } from '../../src/model/catalog/bounds.ts'
import { Reader, setUp } from '../support/otel/collecting-reader.ts'
import { eventually } from '../support/programs/app.ts'
import { traces, watchTimers } from '../support/programs/leftovers.ts'
import { get } from '../support/programs/load.ts'

function histogram(point: { value: unknown } | undefined): Histogram {
  assert.ok(point)
  return point.value as Histogram
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

async function serve(
  requests: number,
  act: (request: IncomingMessage, response: ServerResponse) => unknown = () => {},
): Promise<void> {
  const server = createServer(async (request, response) => {
    await act(request, response)
    response.end('hello')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  for (let count = 0; count < requests; count += 1) await get(port, '/')
  server.close()
  await once(server, 'close')
}

test('GunicornInstrumentation emits instruments with worker_id into its provider', async () => {
  const { reader, provider } = setUp()
  const instrumentation = new GunicornInstrumentation()
  instrumentation.setMeterProvider(provider)
  await serve(3)
  const [requests] = await reader.values('gunicorn_worker_requests_total')
  assert.equal(requests?.value, 3)
  assert.match(String(requests?.attributes['worker_id']), /^worker_1_\d{10}$/)
  const [duration] = await reader.values('gunicorn_worker_request_duration_seconds')
  assert.equal(histogram(duration).count, 3)
  assert.equal(histogram(duration).buckets.boundaries.length, 16)
  const [size] = await reader.values('gunicorn_worker_response_size_bytes')
  assert.equal(histogram(size).sum, 15)
  const [state] = await reader.values('gunicorn_worker_state')
  assert.equal(state?.attributes['state'], 'running')
  const [memory] = await reader.values('gunicorn_worker_memory_bytes')
  assert.ok(Number(memory?.value) > 1e6)
  instrumentation.disable()
})

describe('GunicornInstrumentation with httpMetrics', () => {
  const names = ['http.server.request.duration', 'http.server.active_requests']

  test('makes the metrics by route, without worker_id', async () => {
    const { reader, provider } = setUp()
    const instrumentation = new GunicornInstrumentation({ httpMetrics: true, httpBodySizes: true })
    instrumentation.setMeterProvider(provider)
    await serve(3, (request) => setRoute(request, '/things/:id'))
    await serve(1, (request, response) => {
      recordError(request, new RangeError('no'))
      response.statusCode = 500
    })
    instrumentation.disable()
    const series = { 'http.request.method': 'GET', 'url.scheme': 'http' }
    const [found, failed, ...others] = await reader.values('http.server.request.duration')
    assert.deepEqual(others, [])
    assert.equal(histogram(found).count, 3)
    assert.deepEqual(histogram(found).buckets.boundaries, httpDurationBounds)
    const answered = { ...series, 'network.protocol.version': '1.1' }
    const ok = { 'http.route': '/things/:id', 'http.response.status_code': 200 }
    assert.deepEqual(found?.attributes, { ...answered, ...ok })
    const wrong = { 'http.route': '/', 'http.response.status_code': 500 }
    const error = { 'error.type': 'RangeError' }
    assert.deepEqual(failed?.attributes, { ...answered, ...wrong, ...error })
    const [size] = await reader.values('http.server.response.body.size')
    assert.equal(histogram(size).sum, 15)
    assert.equal((await reader.values('http.server.request.body.size')).length, 2)
  })

  test('counts active requests', async () => {
    const { reader, provider } = setUp()
    const instrumentation = new GunicornInstrumentation({ httpMetrics: true })
    instrumentation.setMeterProvider(provider)
    let open: readonly { value: unknown }[] = []
    await serve(1, async () => {
      open = await reader.values('http.server.active_requests')
    })
    assert.deepEqual(
      open.map(({ value }) => value),
      [1],
    )
    const [ended] = await reader.values('http.server.active_requests')
    assert.equal(ended?.value, 0)
    assert.deepEqual(await reader.values('http.server.response.body.size'), [])
    instrumentation.disable()
  })

  test('stops when instrumentation-http observes a server that starts to listen', async () => {
    const { reader, provider } = setUp()
    const load = createRequire(import.meta.url)
    const other = new HttpInstrumentation()
    other.setMeterProvider(provider)
    other.enable()
    load('node:http')
    const instrumentation = new GunicornInstrumentation({ httpMetrics: true })
    instrumentation.setMeterProvider(provider)
    try {
      await serve(2)
      const points = await reader.values('http.server.request.duration')
      assert.deepEqual(
        points.map(({ value }) => (value as Histogram).count),
        [2],
      )
      const [requests] = await reader.values('gunicorn_worker_requests_total')
      assert.equal(requests?.value, 2)
    } finally {
      other.disable()
      instrumentation.disable()
    }
  })

  test('changes with setConfig, and is off by default', async () => {
    const { reader, provider } = setUp()
    const instrumentation = new GunicornInstrumentation()
    instrumentation.setMeterProvider(provider)
    await serve(1)
    for (const name of names) assert.deepEqual(await reader.values(name), [])
    instrumentation.setConfig({ httpMetrics: true })
    await serve(2)
    const [duration] = await reader.values('http.server.request.duration')
    assert.equal(histogram(duration).count, 2)
    const [requests] = await reader.values('gunicorn_worker_request_duration_seconds')
    assert.equal(histogram(requests).count, 3)
    instrumentation.disable()
  })
})

test('GunicornInstrumentation removes its hooks at disable and adds them at enable', async () => {
  const { reader, provider } = setUp()
  const instrumentation = new GunicornInstrumentation({ enabled: false })
  instrumentation.setMeterProvider(provider)
  await serve(1)
  assert.deepEqual(await reader.values('gunicorn_worker_requests_total'), [])
  instrumentation.enable()
  instrumentation.enable()
  await serve(2)
  const [requests] = await reader.values('gunicorn_worker_requests_total')
  assert.equal(requests?.value, 2)
  instrumentation.disable()
  for (const name of [
    'http.server.request.start',
    'http.server.response.finish',
    'child_process',
    'tracing:net.server.listen:asyncStart',
  ]) {
    assert.equal(channel(name).hasSubscribers, false)
  }
})

test('GunicornInstrumentation drops open HTTP/1 and HTTP/2 requests at disable', async () => {
  const { reader, provider } = setUp()
  const instrumentation = new GunicornInstrumentation()
  instrumentation.setMeterProvider(provider)
  const server = createServer()
  const server2 = createHttp2Server()
  server.listen(0, '127.0.0.1')
  server2.listen(0, '127.0.0.1')
  await Promise.all([once(server, 'listening'), once(server2, 'listening')])
  const before = [server.eventNames(), server2.eventNames()]
  const session = connectHttp2(`http://127.0.0.1:${portOf(server2)}`)
  const asked = [session.request({ ':path': '/' }), httpGet({ port: portOf(server), agent: false })]
  const [[, response], [stream]] = await Promise.all([
    once(server, 'request'),
    once(server2, 'stream'),
  ])
  instrumentation.disable()
  assert.ok(before.flat().length > server.eventNames().length + server2.eventNames().length)
  stream.respond()
  stream.end()
  response.end()
  await Promise.all(asked.map(async (message) => await once(message, 'response')))
  instrumentation.enable()
  const later = session.request({ ':path': '/' })
  server2.once('stream', (next) => next.respond({}, { endStream: true }))
  await once(later, 'response')
  const closed = once(session, 'close')
  session.close()
  await closed
  const [duration] = await reader.values('gunicorn_worker_request_duration_seconds')
  assert.equal(duration, undefined)
  instrumentation.disable()
  server.close()
  server2.close()
})

test('GunicornInstrumentation moves to another provider and counts nothing twice', async () => {
  const first = setUp()
  const second = setUp()
  const instrumentation = new GunicornInstrumentation()
  instrumentation.setMeterProvider(first.provider)
  await serve(1)
  instrumentation.setMeterProvider(second.provider)
  await serve(2)
  const [requests] = await second.reader.values('gunicorn_worker_requests_total')
  assert.equal(requests?.value, 2)
  const [duration] = await first.reader.values('gunicorn_worker_request_duration_seconds')
  assert.equal(histogram(duration).count, 1)
  instrumentation.disable()
})

describe('GunicornInstrumentation', () => {
  type Act = (
    instrumentation: GunicornInstrumentation,
    providers: [MeterProvider, MeterProvider],
  ) => void
  const cycles: Record<string, Act> = {
    'enable and disable': (instrumentation) => {
      instrumentation.enable()
      instrumentation.enable()
      instrumentation.disable()
      instrumentation.disable()
    },
    'other providers': (instrumentation, providers) => {
      instrumentation.enable()
      for (const provider of [...providers, ...providers])
        instrumentation.setMeterProvider(provider)
      instrumentation.disable()
    },
    configurations: (instrumentation) => {
      instrumentation.setConfig({ enabled: true })
      instrumentation.setConfig({})
      instrumentation.setConfig({ enabled: false })
    },
    registrations: (instrumentation, providers) => {
      const stops = providers.map((meterProvider) =>
        registerInstrumentations({ meterProvider, instrumentations: [instrumentation] }),
      )
      for (const stop of stops) stop()
    },
    'several instrumentations': (_instrumentation, [meterProvider]) => {
      const several = [new GunicornInstrumentation(), new GunicornInstrumentation()]
      registerInstrumentations({ meterProvider, instrumentations: [several] })()
    },
  }

  for (const [title, act] of Object.entries(cycles)) {
    test(`leaves no listener, timer or callback behind after ${title}`, async () => {
      const providers: [MeterProvider, MeterProvider] = [setUp().provider, setUp().provider]
      const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const agent = new Agent({ keepAlive: true })
      const connected = once(server, 'connection')
      await ask(portOf(server), agent)
      const [socket] = (await connected) as [Socket]
      const instrumentation = new GunicornInstrumentation({ enabled: false })
      instrumentation.setMeterProvider(providers[0])
      const before = traces({ server, socket })
      const timers = watchTimers()
      for (let cycle = 0; cycle < 20; cycle += 1) {
        act(instrumentation, providers)
        // A request between the cycles adds listeners, which must go too.
        instrumentation.enable()
        await ask(portOf(server), agent)
        instrumentation.disable()
      }
      assert.deepEqual(traces({ server, socket }), before)
      await eventually(() => assert.ok(timers.running() <= 2, `${timers.running()} timers run`))
      timers.stop()
      const callbacks = providers.flatMap((provider) => callbacksOf(provider))
      assert.ok(callbacks.length > 0)
      assert.deepEqual(new Set(callbacks), new Set([0]))
      agent.destroy()
      server.close()
    })
  }

  test('starts again at a registration after another registration stopped it', async () => {
    const { reader, provider } = setUp()
    const instrumentation = new GunicornInstrumentation()
    const register = (): (() => void) =>
      registerInstrumentations({ meterProvider: provider, instrumentations: [instrumentation] })
    register()()
    assert.equal(instrumentation.getConfig().enabled, false)
    const stop = register()
    await serve(2)
    const [requests] = await reader.values('gunicorn_worker_requests_total')
    assert.equal(requests?.value, 2)
    stop()
  })

  test('counts once per provider until the last instrumentation is disabled', async () => {
    const { reader, provider } = setUp()
    const both = [new GunicornInstrumentation(), new GunicornInstrumentation()]
    registerInstrumentations({ meterProvider: provider, instrumentations: both })
    await serve(2)
    both[0]?.disable()
    await serve(1)
    const [duration] = await reader.values('gunicorn_worker_request_duration_seconds')
    assert.equal(histogram(duration).count, 3)
    both[1]?.disable()
    await serve(1)
    const [after] = await reader.values('gunicorn_worker_request_duration_seconds')
    assert.equal(histogram(after).count, 3)
  })

  test('starts and stops at setConfig only if the configuration names enabled', async () => {
    const { reader, provider } = setUp()
    const instrumentation = new GunicornInstrumentation({ enabled: false })
    instrumentation.setMeterProvider(provider)
    instrumentation.setConfig({})
    await serve(1)
    assert.deepEqual(await reader.values('gunicorn_worker_requests_total'), [])
    instrumentation.setConfig({ enabled: true })
    await serve(1)
    const [requests] = await reader.values('gunicorn_worker_requests_total')
    assert.equal(requests?.value, 1)
    instrumentation.setConfig({ enabled: false })
  })

  async function ask(port: number, agent: Agent): Promise<void> {
    const request = httpGet({ port, agent, host: '127.0.0.1' })
    const [response]: IncomingMessage[] = await once(request, 'response')
    await response?.resume().toArray()
  }

  /** The number of callbacks of observable instruments that an SDK still calls, by meter. */
  function callbacksOf(provider: MeterProvider): number[] {
    const { _sharedState: state } = provider as unknown as {
      _sharedState: {
        meterSharedStates: Map<string, { observableRegistry: { _callbacks: unknown[] } }>
      }
    }
    const meters = [...state.meterSharedStates.values()]
    return meters.map(({ observableRegistry }) => observableRegistry._callbacks.length)
  }
})

test('ClusterTotals refuses rules that are not allowed', () => {
  for (const mergeRules of [{ a: 'min' }, { '': 'max' }, { ['a'.repeat(201)]: 'max' }] as never[]) {
    assert.throws(
      () => new ClusterTotals({ mergeRules }),
      /^RangeError: mergeRules is \{.*: allowed is up to 100 of pattern=rule, /,
    )
  }
  new ClusterTotals({ mergeRules: { 'queue.*': 'max' } }).stop()
})

test('ClusterTotals refuses a retention out of range', () => {
  for (const workerRetentionSeconds of [0, 0.9, 86_401, Number.NaN]) {
    assert.throws(
      () => new ClusterTotals({ workerRetentionSeconds }),
      /^RangeError: workerRetentionSeconds is .*: allowed are seconds from 1 to 86400$/,
    )
  }
  new ClusterTotals({ workerRetentionSeconds: 86_400 }).stop()
})

test('ClusterTotals and the readers leave nothing behind without a fork', async () => {
  const before = traces()
  for (let cycle = 0; cycle < 5; cycle += 1) {
    new ClusterTotals().stop()
    const readers = clusterMetricReaders({
      readers: (metricProducers) => [new Reader({ metricProducers })],
    })
    const provider = new MeterProvider({ readers })
    const reader = new ClusterMetricReader()
    const idle = new MeterProvider({ readers: [reader] })
    await Promise.all([provider.shutdown(), idle.shutdown()])
  }
  assert.deepEqual(traces(), before)
})
