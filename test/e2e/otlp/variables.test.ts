import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { current } from '../../../scripts/documents.ts'
import {
  aliases,
  ineffectiveVariables,
  otelVariables,
} from '../../../src/config/table/other-variables.ts'
import { settings } from '../../../src/config/table.ts'
import { authorities, scratchDirectory } from '../../support/endpoint/certificates.ts'
import {
  type ReceivedRequest,
  startGrpcReceiver,
  startProxy,
  startRequestReceiver,
  startSilentReceiver,
} from '../../support/otel/request-receiver.ts'
import {
  type App,
  cleanEnvironment,
  eventually,
  freePort,
  nodeUnderTest,
  startApp,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { command } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

type Environment = Readonly<Record<string, string>>

const directory = scratchDirectory()
const prefix = 'OTEL_EXPORTER_OTLP_'
/** The variables with a test below. */
const shown = new Set<string>()

/** A test that shows the effect of variables. Other names are variables of OTLP. */
function shows(
  names: readonly string[],
  effect: string,
  run: (context: TestContext) => Promise<void>,
): void {
  for (const name of names) shown.add(name.startsWith('OTEL_') ? name : `${prefix}${name}`)
  test(`${names.join(', ')}: ${effect}`, run)
}

describe('The variables have their effect', { concurrency: true }, () => {
  const pushed = [
    ...['OTEL_METRICS_EXPORTER', 'OTEL_METRIC_EXPORT_INTERVAL'],
    ...['PROTOCOL', 'ENDPOINT', 'HEADERS', 'COMPRESSION'],
    ...['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'],
    ...['METRICS_TEMPORALITY_PREFERENCE', 'METRICS_DEFAULT_HISTOGRAM_AGGREGATION'],
    ...['OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_NODE_RESOURCE_DETECTORS'],
    ...['OTEL_EXPORTER_PROMETHEUS_HOST', 'OTEL_EXPORTER_PROMETHEUS_PORT', 'OTEL_LOG_LEVEL'],
    'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
  ]
  shows(pushed, 'a push over HTTP with mutual TLS, and a page', async (context) => {
    const secure = await startSecure(context)
    if (!secure) return
    const { receiver, files } = secure
    const port = await freePort()
    const env = {
      ...otlp({
        ...files,
        PROTOCOL: 'http/json',
        // A file of variables with Windows' line ends.
        ENDPOINT: `https://127.0.0.1:${receiver.port}/base \r`,
        HEADERS: 'x-token=let%20me,x-other=1',
        COMPRESSION: 'gzip',
        METRICS_TEMPORALITY_PREFERENCE: 'delta',
        METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'base2_exponential_bucket_histogram',
      }),
      ...{ OTEL_METRICS_EXPORTER: 'prometheus,otlp', OTEL_LOG_LEVEL: 'debug' },
      ...{ OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'service.name=no,team=a%20b' },
      OTEL_NODE_RESOURCE_DETECTORS: 'os,azure',
      // Detectors run in the exporter's thread, which has no other variables.
      ...{ WEBSITE_SITE_NAME: 'shop', REGION_NAME: 'north' },
      ...{ PROMETHEUS_BIND_ADDRESS: '', PROMETHEUS_METRICS_PORT: '' },
      ...{ OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1', OTEL_EXPORTER_PROMETHEUS_PORT: `${port}` },
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,runtime-node',
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'runtime-node',
    }
    await withServer(env, async (app, appPort) => {
      const requests = await eventually(async () => {
        await get(appPort, '/')
        assert.ok(receiver.requests.length > 3)
        const orders = metricsOf(receiver.requests, 'orders')
        assert.ok(orders.length > 0)
        assert.ok(orders.every(({ sum: data }) => data?.aggregationTemporality === delta))
        const amounts = metricsOf(receiver.requests, 'amount')
        assert.ok(amounts.length > 0)
        assert.ok(amounts.every(({ exponentialHistogram }) => exponentialHistogram))
        return receiver.requests
      })
      for (const { path, headers } of requests) {
        assert.equal(path, '/base/v1/metrics')
        assert.equal(headers['content-type'], 'application/json')
        assert.equal(headers['content-encoding'], 'gzip')
        assert.deepEqual([headers['x-token'], headers['x-other']], ['let me', '1'])
      }
      const { resource } = requests.at(-1) as ReceivedRequest
      assert.deepEqual([resource['service.name'], resource['team']], ['shop', 'a b'])
      assert.equal(typeof resource['os.type'], 'string')
      assert.deepEqual([resource['cloud.provider'], resource['cloud.region']], ['azure', 'north'])
      assert.deepEqual([resource['host.name'], resource['process.pid']], [undefined, undefined])
      assert.ok(!requests.some(({ metrics }) => metrics.some(isOfRuntime)))
      const page = await fetch(`http://127.0.0.1:${port}/metrics`)
      assert.equal(page.status, 200)
      const line = `configuration resolved: 127.0.0.1, port ${port}`
      assert.ok(app.stderr().includes(line), app.stderr())
    })
  })

  const particular = [
    ...['METRICS_PROTOCOL', 'METRICS_ENDPOINT', 'METRICS_HEADERS', 'METRICS_COMPRESSION'],
    ...['METRICS_CERTIFICATE', 'METRICS_CLIENT_CERTIFICATE', 'METRICS_CLIENT_KEY'],
    ...['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE'],
    'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
  ]
  shows(particular, 'win over the variables of all signals, or have a line', async (context) => {
    const secure = await startSecure(context)
    if (!secure) return
    const { receiver, files } = secure
    const own = Object.entries(files).map(([name, path]) => [`METRICS_${name}`, path])
    const wrong = Object.fromEntries(Object.keys(files).map((name) => [name, '/none']))
    const env = {
      ...otlp({
        ...wrong,
        ...(Object.fromEntries(own) as Environment),
        ...{ PROTOCOL: 'grpc', METRICS_PROTOCOL: 'http/json' },
        ENDPOINT: `http://127.0.0.1:${await freePort()}`,
        METRICS_ENDPOINT: `https://127.0.0.1:${receiver.port}/own`,
        ...{ HEADERS: 'x-a=1,x-b=1', METRICS_HEADERS: 'x-b=2' },
        ...{ COMPRESSION: 'none', METRICS_COMPRESSION: 'gzip' },
      }),
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'runtime-node',
      ...{ OTEL_CONFIG_FILE: '/none', OTEL_EXPERIMENTAL_CONFIG_FILE: '/none' },
    }
    await withServer(env, async (app) => {
      await eventually(() => {
        const [{ path, headers } = none] = receiver.requests
        assert.equal(path, '/own')
        assert.equal(headers['content-encoding'], 'gzip')
        assert.deepEqual([headers['x-a'], headers['x-b']], ['1', '2'])
        assert.ok(receiver.requests.some(({ metrics }) => metrics.some(isOfRuntime)))
      })
      for (const name of ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE']) {
        assert.ok(app.stderr().includes(`${name} has no effect here. `), app.stderr())
      }
    })
  })

  for (const [name, others] of [
    ['INSECURE', {}],
    ['METRICS_INSECURE', { INSECURE: 'false' }],
  ] as const) {
    shows([name], 'gRPC without TLS to an address without a scheme', async (context) => {
      const receiver = await startGrpcReceiver(context)
      const address = `127.0.0.1:${receiver.port}`
      const env = otlp({ PROTOCOL: 'grpc', ENDPOINT: address, ...others, [name]: 'true' })
      await withServer(env, async () => {
        await eventually(() => {
          assert.match(String(receiver.requests[0]?.[':path']), /MetricsService\/Export$/)
        })
      })
    })
  }

  test('over gRPC with mutual TLS, too', async (context) => {
    const pairs = issue(context)
    if (!pairs) return
    const receiver = await startGrpcReceiver(context, { tls: pairs.tls })
    const env = otlp({
      ...pairs.files,
      PROTOCOL: 'grpc',
      ENDPOINT: `https://localhost:${receiver.port}`,
      HEADERS: 'x-token=let%20me',
      COMPRESSION: 'gzip',
    })
    await withServer(env, async () => {
      await eventually(() => {
        const [headers = {}] = receiver.requests
        assert.deepEqual([headers['x-token'], headers['grpc-encoding']], ['let me', 'gzip'])
      })
    })
  })

  test('over gRPC with TLS, without a line about a client certificate', async (context) => {
    const pairs = issue(context)
    if (!pairs) return
    const { cert, key } = pairs.tls
    const receiver = await startGrpcReceiver(context, { tls: { cert, key } })
    const { CERTIFICATE } = pairs.files
    const endpoint = { PROTOCOL: 'grpc', ENDPOINT: `https://localhost:${receiver.port}` }
    await withServer(otlp({ ...endpoint, CERTIFICATE }), async (app) => {
      await eventually(() => assert.ok(receiver.requests.length > 1))
      assert.equal(app.stderr(), '')
    })
  })

  test('over gRPC through a proxy', async (context) => {
    const receiver = await startGrpcReceiver(context)
    const proxy = await startProxy(context)
    const endpoint = { PROTOCOL: 'grpc', ENDPOINT: `http://127.0.0.1:${receiver.port}` }
    const env = { ...otlp(endpoint), grpc_proxy: `http://127.0.0.1:${proxy.port}` }
    await withServer(env, async () => {
      await eventually(() => assert.ok(receiver.requests.length > 0))
      assert.deepEqual(new Set(proxy.targets), new Set([`127.0.0.1:${receiver.port}`]))
    })
  })

  test('wrong, with one line for each', async () => {
    const wrong = { ENDPOINT: 'collector:4318', COMPRESSION: 'zip', HEADERS: 'hunter2' }
    const attributes = { OTEL_RESOURCE_ATTRIBUTES: 'team=a,region' }
    await withServer({ ...otlp(wrong), ...attributes }, async (app) => {
      const lines = await eventually(() => {
        const given = app.stderr().split('\n')
        assert.ok(given.some((line) => line.includes('cannot be pushed')))
        return given
      })
      for (const name of Object.keys(wrong)) {
        const count = lines.filter((line) => line.includes(`${prefix}${name}`)).length
        assert.equal(count, 1, lines.join('\n'))
      }
      const discarded = '"region" has no "=". One wrong pair discards all pairs. It is ignored.'
      assert.ok(app.stderr().includes(discarded), app.stderr())
      assert.doesNotMatch(app.stderr(), /hunter2|Configuration: /)
    })
  })

  const long = '3600000'
  for (const [name, variables] of [
    ['TIMEOUT', otlp({ TIMEOUT: '200' })],
    ['METRICS_TIMEOUT', otlp({ TIMEOUT: long, METRICS_TIMEOUT: '200' })],
    [
      'OTEL_METRIC_EXPORT_TIMEOUT',
      { ...otlp({ TIMEOUT: long }), OTEL_METRIC_EXPORT_TIMEOUT: '200' },
    ],
  ] as const) {
    shows([name], 'the end of requests without an answer', async (context) => {
      const endpoint = `http://127.0.0.1:${await startSilentReceiver(context)}`
      const env = { ...variables, [`${prefix}ENDPOINT`]: endpoint }
      await withServer({ ...env, OTEL_METRICS_EXPORTER: 'prometheus,otlp' }, async (app) => {
        // By default, one request takes 10 seconds.
        await eventually(async () => {
          const count = sum(await app.page(), 'gunicorn_exporter_pushes_total', {
            result: 'failure',
          })
          assert.ok(count >= 4, `${count} failures`)
        }, 30_000)
      })
    })
  }

  test('TIMEOUT: without effect where no timer holds the time', async (context) => {
    const receiver = await startRequestReceiver(context)
    const endpoint = { PROTOCOL: 'http/json', ENDPOINT: `http://127.0.0.1:${receiver.port}` }
    const env = { ...otlp({ ...endpoint, TIMEOUT: '99999999999' }), OTEL_METRICS_EXPORTER: 'otlp' }
    await withServer(env, async (app) => {
      await eventually(() => assert.ok(receiver.requests.length >= 2))
      assert.match(app.stderr(), /TIMEOUT is "99999999999"; allowed is milliseconds above 0, up to/)
      assert.doesNotMatch(app.stderr(), /cannot be pushed/)
    })
  })

  shows(['OTEL_SDK_DISABLED'], 'no page and no push', async (context) => {
    const receiver = await startRequestReceiver(context)
    const endpoint = { PROTOCOL: 'http/json', ENDPOINT: `http://127.0.0.1:${receiver.port}` }
    const env = { ...otlp(endpoint), OTEL_SDK_DISABLED: 'true' }
    await withServer({ ...env, OTEL_METRICS_EXPORTER: 'prometheus,otlp' }, async (app) => {
      app.child.kill('SIGUSR2')
      assert.deepEqual(await app.ended, { code: 3, signal: null })
      assert.deepEqual([receiver.requests, app.stderr()], [[], ''])
    })
  })

  shows(Object.keys(ineffectiveVariables), 'a note of check', async () => {
    const names = Object.keys(ineffectiveVariables)
    const notes = await notesOf(Object.fromEntries(names.map((name) => [name, 'x'])))
    for (const name of names) {
      assert.ok(
        notes.some((note) => note.startsWith(`${name} has no effect here. `)),
        name,
      )
    }
  })
})

describe('The tables of docs/otlp.md', () => {
  test('have exactly the variables whose effect a test shows', async () => {
    assert.deepEqual(await documented(), [...shown].sort())
  })

  test('have exactly the variables that the sources name', async () => {
    assert.deepEqual(await documented(), named())
  })
})

const delta = 1
const none: ReceivedRequest = { path: '', headers: {}, resource: {}, metrics: [] }

function otlp(variables: Environment): Record<string, string> {
  const entries = Object.entries(variables).map(([name, text]) => [`${prefix}${name}`, text])
  return {
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_METRIC_EXPORT_INTERVAL: '300',
    ...(Object.fromEntries(entries) as Environment),
  }
}

/** Options of a server that asks for a client certificate, and the files of a client. */
function issue(context: TestContext) {
  const make = authorities(context, directory)
  if (!make) return undefined
  authorityCount += 1
  const name = `authority-${authorityCount}`
  const authority = make(name)
  const [server, client] = ['server', 'client'].map((each) => authority.issue(`${name}-${each}`))
  assert.ok(server && client)
  const tls = {
    ...{ ca: authority.cert, cert: server.cert, key: server.key },
    ...{ requestCert: true, rejectUnauthorized: true },
  }
  const files = {
    CERTIFICATE: authority.certfile,
    CLIENT_CERTIFICATE: client.certfile,
    CLIENT_KEY: client.keyfile,
  }
  return { tls, files }
}

/** A receiver over HTTP that asks for a client certificate. */
async function startSecure(context: TestContext) {
  const pairs = issue(context)
  return pairs && { ...pairs, receiver: await startRequestReceiver(context, pairs.tls) }
}

let authorityCount = 0

/** Runs a single process with metrics of its own, and sends a first request. */
async function withServer(
  env: Environment,
  act: (app: App, port: number) => Promise<void>,
): Promise<void> {
  const app = await startApp({ file: 'apps/cluster/pushed.cjs', env: { WORKERS: '0', ...env } })
  try {
    const port = await app.ready()
    await get(port, '/')
    await act(app, port)
  } finally {
    await app.stop()
  }
}

function metricsOf(requests: readonly ReceivedRequest[], name: string): ReceivedRequest['metrics'] {
  return requests.flatMap(({ metrics }) => metrics.filter((metric) => metric.name === name))
}

/** Whether a metric is of OTel's instrumentation of Node.js. */
function isOfRuntime({ name }: { readonly name: string }): boolean {
  return /^(?:nodejs|v8js)\./.test(name)
}

async function notesOf(env: Environment): Promise<string[]> {
  const output = await new Promise<string>((resolve, reject) => {
    const options = { env: cleanEnvironment(env), cwd: directory }
    execFile(nodeUnderTest, [command, 'check', '--json'], options, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    )
  })
  const { notes } = JSON.parse(output) as { notes: { message: string }[] }
  return notes.map(({ message }) => message)
}

/** The variables in the first column of the tables. */
async function documented(): Promise<string[]> {
  const text = await current('docs/otlp.md')
  const [, settingsPart = ''] = text.split('\n## Settings\n')
  const [section = ''] = settingsPart.split('\n## ')
  const cells = section.split('\n').map((line) => /^\|([^|]*)\|/.exec(line)?.[1] ?? '')
  const names = cells.flatMap((cell) =>
    Array.from(cell.matchAll(/`(OTEL_\w+)`/g), ([, name]) => name),
  )
  return names.map(String).sort()
}

/** The variables of the sources for metrics. */
function named(): string[] {
  const ofOthers = /^OTEL_(?:EXPORTER_OTLP_)?(?:TRACES|LOGS)_/
  const inTexts = sources().flatMap((text) =>
    Array.from(text.matchAll(/\bOTEL_[A-Z_]*[A-Z]\b/g), String),
  )
  const fromTables = [...settings.flatMap(({ env }) => env), ...otelVariables]
  const names = new Set([...inTexts, ...fromTables].filter((name) => name.startsWith('OTEL_')))
  const isVariable = (name: string): boolean =>
    !(ofOthers.test(name) || Object.hasOwn(aliases, name))
  return [...names].filter(isVariable).sort()
}

function sources(): string[] {
  const root = join(import.meta.dirname, '../../../src')
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
}
