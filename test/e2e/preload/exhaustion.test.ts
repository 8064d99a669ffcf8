import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { environment } from '../../../src/config/environment.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { type App, eventually, fetchText, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { pipelinedLoad } from '../../support/programs/pipelined-load.ts'
import { parsePage, select, sum } from '../../support/prometheus/page.ts'

/** Requests of the attack. docs/testing.md has the results of 1,000,000. */
const attacks = Number(environment()['ATTACK_REQUESTS'] ?? 40_000)

const mebibyte = 1_048_576
const mostPageBytes = 3 * mebibyte
/** What the attack may add to the process after a tenth of the attack. */
const mostGrowth = 64 * mebibyte

/** Two routes or one rule, `_OTHER`, and `_UNMATCHED`. */
const namesOfOwn = 4

interface Row {
  readonly title: string
  readonly router: 'yes' | 'no'
  readonly env?: Readonly<Record<string, string>>
  /** Paths that the attacker does not send. */
  readonly withoutPaths?: readonly string[]
  readonly endpoint: string
}

const rows: readonly Row[] = [
  { title: 'behind a router', router: 'yes', endpoint: '/api/users/:userId/boom' },
  {
    title: 'without a router, if the server refuses the paths of the attacker',
    router: 'no',
    withoutPaths: ['/ok', '/api'],
    endpoint: '/api/users/:id/boom',
  },
  {
    title: 'without a router, by a path rule',
    router: 'no',
    env: { GUNICORN_HTTP_PATH_RULES: '/api/users/*/boom => /api/users/:user/boom' },
    endpoint: '/api/users/:user/boom',
  },
]

const count = 'http_server_request_duration_seconds_count'

describe('Random paths, methods, hosts and error names take no name from a route', () => {
  for (const { title, router, env, withoutPaths = [], endpoint } of rows) {
    test(title, async (context) => {
      const file = 'apps/routes/guarded.mjs'
      const app = await startApp({ file, env: { ROUTER: router, ...env } })
      try {
        const port = await app.ready()
        const paths = attackPaths.filter(
          (path) => !withoutPaths.some((no) => path(0).startsWith(no)),
        )
        await attack({ port, range: [0, attacks / 10], paths })
        const before = await measured(app, attacks / 10)
        await attack({ port, range: [attacks / 10, attacks], paths })
        for (let index = 0; index < 5; index += 1) await get(port, `/api/users/${index}/boom`)
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, count), attacks + 5)
          assert.equal(sum(page, count, { http_route: endpoint }), 5)
          assert.equal(sum(page, 'gunicorn_worker_failed_requests_total', { endpoint }), 5)
          const names = new Set(select(page, count).map(({ labels }) => labels['http_route']))
          assert.ok(names.size <= collectLimits.foldedPaths + namesOfOwn, [...names].join(' '))
        })
        const after = await measured(app, attacks + 5)
        const growth = after.memory - before.memory
        context.diagnostic(`${attacks} requests: ${shown(before)}; then ${shown(after)}`)
        assert.ok(after.pageBytes < mostPageBytes, `${after.pageBytes} bytes of a page`)
        assert.ok(growth < mostGrowth, `${growth} bytes more`)
      } finally {
        await app.stop()
      }
    })
  }
})

test('Clients who choose the mount of a router take no name of a route', async (context) => {
  const app = await startApp({ file: 'apps/routes/lazy-router.mjs' })
  context.after(() => app.stop())
  const port = await app.ready()
  const tenants = 2 * collectLimits.endpoints
  for (let each = 0; each < tenants; each += 1) await get(port, `/${wordOf(each)}/items`)
  await get(port, '/real/7/details')
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, count), tenants + 1)
    assert.equal(sum(page, count, { http_route: '/real/:id/details' }), 1)
    assert.equal(sum(page, count, { http_route: '/:tenant/items' }), tenants)
  })
})

/** Each index gives another word without digits, because a digit can make a segment an id. */
const attackPaths: readonly ((index: number) => string)[] = [
  (index) => `/${wordOf(index)}`,
  (index) => `/ok${wordOf(index)}`,
  (index) => `/ok/${wordOf(index)}/${wordOf(index)}`,
  (index) => `/api/users/${wordOf(index)}/fail/${wordOf(index)}Error`,
  (index) => `/api/${wordOf(index)}?${wordOf(index)}=1`,
  // The same names again, with each method and version.
  (index) => `/ok${wordOf(index % 47)}`,
  (index) => `/api/users/x/fail/${wordOf(index % 97)}Error`,
]

/** Methods that do not change the connection. */
const methods = METHODS.filter((method) => method !== 'CONNECT')

interface Attack {
  readonly port: number
  /** The first and the last index. */
  readonly range: readonly [start: number, end: number]
  readonly paths: typeof attackPaths
}

async function attack({ port, range: [start, end], paths }: Attack): Promise<void> {
  const requestAt = (offset: number): string => {
    const index = start + offset
    const path = paths[index % paths.length]?.(index) ?? '/'
    // The periods differ from the periods of the paths, so that all combinations appear.
    const method = methods[Math.floor(index / 11) % methods.length]
    const version = index % 3 === 0 ? '1.0' : '1.1'
    const host = `${wordOf(index)}.example`
    return `${method} ${path} HTTP/${version}\r\nhost: ${host}\r\nconnection: keep-alive\r\n\r\n`
  }
  await pipelinedLoad({ port, count: end - start, requestAt })
  for (let index = start; index < end; index += 1_000) await sendUnknownMethod(port, index)
}

/** Node ends the connection after a method that Node does not know, and counts no request. */
async function sendUnknownMethod(port: number, index: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`${wordOf(index).toUpperCase()}X / HTTP/1.1\r\nhost: example\r\n\r\n`)
  socket.resume()
  await new Promise((resolve) => socket.once('close', resolve))
}

interface Measured {
  readonly pageBytes: number
  readonly series: number
  readonly memory: number
}

/** Waits until the page has all requests. */
async function measured(app: App, requests: number): Promise<Measured> {
  return await eventually(async () => {
    const text = await fetchText(app.metricsUrl)
    const page = parsePage(text)
    assert.equal(sum(page, 'gunicorn_worker_requests_total'), requests)
    const memory = sum(page, 'gunicorn_worker_memory_bytes')
    return { pageBytes: text.length, series: select(page, count).length, memory }
  })
}

function shown({ pageBytes, series, memory }: Measured): string {
  return `page ${pageBytes} bytes, ${series} series by route, ${Math.round(memory / mebibyte)} MiB`
}

function wordOf(index: number): string {
  return String(index).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '')
}
