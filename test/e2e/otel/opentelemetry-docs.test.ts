import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { expositionLimits } from '../../../src/limits/exposition.ts'
import { otelLimits } from '../../../src/limits/otel.ts'
import { relayLimits } from '../../../src/limits/relay.ts'
import { stateLimits } from '../../../src/limits/state.ts'
import {
  eventually,
  fetchText,
  freePort,
  startApp,
  workingDirectory,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { parsePage, select, sum } from '../../support/prometheus/page.ts'

/* Runs the programs of docs/opentelemetry.md with other ports. */

const root = join(import.meta.dirname, '../../..')
const document = readFileSync(join(root, 'docs/opentelemetry.md'), 'utf8')
const blocks = new Map(
  Array.from(
    document.matchAll(/<!-- file: (\S+) -->\n```js\n([\s\S]*?)```/g),
    ([, name = '', code = '']) => [name, code],
  ),
)
// Beside the node_modules that the programs import from.
const directory = mkdtempSync(join(workingDirectory, '.docs-'))

after(() => rmSync(directory, { recursive: true }))

/** A server with workers that prints its port. */
const application = `
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { metrics } from '@opentelemetry/api'

const orders = metrics.getMeter('shop').createCounter('orders')
if (cluster.isPrimary) {
  let ready = 0
  cluster.on('listening', (_worker, { port }) => {
    ready += 1
    if (ready === 2) process.stdout.write(\`ready \${port}\\n\`)
  })
  cluster.fork()
  cluster.fork()
} else {
  createServer((_request, response) => {
    orders.add(1)
    response.end()
  }).listen(0, '127.0.0.1')
}
`

test('This file runs every block of code of the document', () => {
  assert.deepEqual(
    [...blocks.keys()],
    ['telemetry.mjs', 'readers.mjs', 'otlp.mjs', 'parts.mjs', 'by-hand.mjs'],
  )
  assert.equal(document.match(/^```(?:js|ts)/gm)?.length, blocks.size)
})

test('The document states the limits of the code', () => {
  const text = document.replace(/\s+/g, ' ')
  for (const sentence of [
    `more than ${otelLimits.exponentialBuckets} buckets`,
    `no more than ${expositionLimits.shownBuckets} are left`,
    `${relayLimits.seriesPerSource.toLocaleString('en')} from one worker, ` +
      `${stateLimits.series.toLocaleString('en')} in the totals`,
  ]) {
    assert.ok(text.includes(sentence), sentence)
  }
})

describe('The page of the exporter shows the metrics of the cluster with', () => {
  for (const [name, setUp] of [
    ['telemetry.mjs', ''],
    ['readers.mjs', ''],
    [
      'parts.mjs',
      "import { metrics } from '@opentelemetry/api'\n" +
        'metrics.setGlobalMeterProvider(meterProvider)\n',
    ],
  ] as const) {
    test(name, async () => {
      const metricsPort = await freePort()
      const file = written(name, `${code(name).replaceAll('9464', String(metricsPort))}${setUp}`)
      const page = (): Promise<string> => fetchText(`http://127.0.0.1:${metricsPort}/metrics`)
      const env = { PROMETHEUS_METRICS_PORT: String(metricsPort) }
      const act = async (port: number): Promise<void> => {
        for (let count = 0; count < 4; count += 1) await get(port, '/')
        await eventually(async () => {
          const samples = parsePage(await page())
          assert.equal(sum(samples, 'orders_total'), 4)
          assert.equal(select(samples, 'orders_total').length, 1)
          assert.equal(sum(samples, 'gunicorn_master_workers', { state: 'live' }), 2)
          if (name !== 'parts.mjs') {
            assert.equal(sum(samples, 'gunicorn_worker_requests_total'), 4)
          }
        })
      }
      await serving(file, act, env)
    })
  }
})

test('otlp.mjs pushes the metrics of the cluster', async () => {
  const bodies: Buffer[] = []
  const server = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()))
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: receiverPort } = server.address() as { port: number }
  const file = written(
    'otlp.mjs',
    code('otlp.mjs').replace(
      'metricProducers })',
      'metricProducers, exportIntervalMillis: 500, exportTimeoutMillis: 400 })',
    ),
  )
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiverPort}` }
  try {
    await serving(
      file,
      async (port) => {
        await get(port, '/')
        await eventually(() => {
          const last = bodies.at(-1)?.toString('latin1') ?? ''
          for (const name of [
            'orders',
            'gunicorn_worker_requests_total',
            'gunicorn_master_workers',
          ]) {
            assert.ok(last.includes(name), name)
          }
        })
      },
      env,
    )
  } finally {
    server.close()
  }
})

test('by-hand.mjs runs, and ends by itself', async () => {
  const file = written('by-hand.mjs', code('by-hand.mjs'))
  const app = await startApp({ file, preload: 'none' })
  assert.deepEqual(await app.ended, { code: 0, signal: null })
  assert.equal(app.stderr(), '')
})

function code(name: string): string {
  return blocks.get(name) ?? ''
}

function written(name: string, text: string): string {
  const file = join(directory, name)
  writeFileSync(file, text)
  return file
}

/** Acts on the application with the given SDK file. */
async function serving(
  file: string,
  act: (port: number) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  const app = await startApp({
    file: written('application.mjs', application),
    preload: 'none',
    nodeArgs: ['--import', file],
    env,
  })
  try {
    await act(await app.ready())
  } finally {
    await app.stop()
  }
}
