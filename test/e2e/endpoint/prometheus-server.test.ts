import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  type Authority,
  authorities,
  type Pair,
  scratchDirectory,
} from '../../support/endpoint/certificates.ts'
import { eventually, freePort, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { startPrometheus } from '../../support/prometheus/prometheus.ts'
import { type Job, scrapeConfig } from '../../support/prometheus/scrape-jobs.ts'
import { need, prometheus } from '../../support/tools.ts'

/* A Prometheus server against applications under the preload with different protections. */

const scratch = scratchDirectory()

test('The endpoint admits a Prometheus server only with the right credentials', async (context) => {
  const directory = mkdtempSync(join(scratch, 'prometheus-'))
  const make = authorities(context, directory)
  if (!make) return
  const authority = make('authority')
  const tls = tlsVariables(authority)
  const [open, encrypted, mutual, locked] = await Promise.all([
    started(context, {}),
    started(context, tls),
    started(context, {
      ...tls,
      PROMETHEUS_SSL_CLIENT_CAFILE: authority.certfile,
      PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED: 'true',
    }),
    started(context, {
      ...tls,
      PROMETHEUS_AUTH_USERNAME: 'scraper',
      PROMETHEUS_AUTH_PASSWORD: 's3cret größe',
      PROMETHEUS_AUTH_BEARER_TOKEN: 't0ken',
    }),
  ])
  const https = (more = ''): string[] => [
    'scheme: https',
    `tls_config: { ca_file: ${authority.certfile}${more} }`,
  ]
  const as = ({ certfile, keyfile }: Pair): string =>
    `, cert_file: ${certfile}, key_file: ${keyfile}`
  const client = as(authority.issue('client'))
  const untrusted = as(make('other').issue('other-client'))
  const password = (text: string): string =>
    `basic_auth: { username: scraper, password: '${text}' }`
  const token = (text: string): string => `authorization: { credentials: ${text} }`
  const relay = await relayTo(open)
  context.after(relay.close)
  /** The expected `up` by job. */
  const expected: Record<string, readonly [up: number, Job]> = {
    plain: [1, { port: open }],
    relayed: [1, { port: relay.port }],
    'plain-to-tls': [0, { port: encrypted }],
    tls: [1, { port: encrypted, how: https() }],
    'tls-of-another-authority': [0, { port: encrypted, how: ['scheme: https'] }],
    mutual: [1, { port: mutual, how: https(client) }],
    'mutual-without-certificate': [0, { port: mutual, how: https() }],
    'mutual-with-another': [0, { port: mutual, how: https(untrusted) }],
    password: [1, { port: locked, how: [...https(), password('s3cret größe')] }],
    'password-wrong': [0, { port: locked, how: [...https(), password('s3cret')] }],
    'password-none': [0, { port: locked, how: https() }],
    token: [1, { port: locked, how: [...https(), token('t0ken')] }],
    'token-wrong': [0, { port: locked, how: [...https(), token('token')] }],
  }
  const jobs = Object.fromEntries(Object.entries(expected).map(([name, [, job]]) => [name, job]))
  const program = need(context, prometheus())
  if (program === undefined) return
  const server = await startPrometheus({ prometheus: program, config: scrapeConfig(jobs) })
  context.after(() => server.stop())
  const wanted = Object.fromEntries(Object.entries(expected).map(([name, [up]]) => [name, up]))
  await eventually(async () => {
    const up = (await server.query('up')).map(({ labels, value }) => [labels['job'], value])
    assert.deepEqual(Object.fromEntries(up), wanted)
  })
  await eventually(async () => {
    const counted = await server.query('sum by (job) (gunicorn_worker_requests_total)')
    const good = Object.keys(wanted).filter((name) => wanted[name] === 1)
    assert.deepEqual(
      Object.fromEntries(counted.map(({ labels, value }) => [labels['job'], value])),
      Object.fromEntries(good.map((name) => [name, 3])),
    )
  })
  assert.match(relay.received(), /^content-encoding: gzip\r$/im)
  await eventually(async () => {
    const refused = await server.query(
      'gunicorn_exporter_scrapes_total{job="token",status_code="401"}',
    )
    assert.ok((refused[0]?.value ?? 0) > 0)
  })
})

/** Starts an application and sends three requests. @returns the port of its endpoint. */
async function started(
  context: TestContext,
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const port = await freePort()
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { PROMETHEUS_METRICS_PORT: String(port), ...env },
  })
  context.after(app.stop)
  const applicationPort = await app.ready()
  for (let count = 0; count < 3; count += 1) await get(applicationPort, '/')
  return port
}

interface Relay {
  readonly port: number
  /** The bytes from the endpoint, as text. */
  readonly received: () => string
  readonly close: () => void
}

/** Starts a proxy to the port. */
async function relayTo(target: number): Promise<Relay> {
  let received = ''
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const further = connect(target, '127.0.0.1')
    for (const each of [socket, further]) {
      sockets.add(each)
      each.on('error', () => {})
      each.on('close', () => {
        socket.destroy()
        further.destroy()
      })
    }
    further.on('data', (data) => {
      received = (received + data.toString('latin1')).slice(-1_000_000)
    })
    socket.pipe(further).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { port: (server.address() as AddressInfo).port, received: () => received, close }
}

function tlsVariables(authority: Authority): Record<string, string> {
  const { certfile, keyfile } = authority.issue('server')
  return { PROMETHEUS_SSL_CERTFILE: certfile, PROMETHEUS_SSL_KEYFILE: keyfile }
}
