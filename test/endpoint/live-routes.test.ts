import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { notFoundWithLive, routesWithLive } from '../../src/endpoint/live-routes.ts'
import { PageCache } from '../../src/endpoint/page-cache.ts'
import type { EndpointResponse } from '../../src/endpoint/response.ts'
import type { LiveRouteContent, RouteRequest } from '../../src/endpoint/routes.ts'

const html = '<!doctype html><title>live</title>'
const page = { gzip: gzipSync(html).toString('base64'), tag: 'tag', policy: "default-src 'none'" }

const shown: LiveRouteContent = {
  page: () => page,
  document: (query) => ({
    kind: 'content',
    contentType: 'application/json',
    bytes: Buffer.from(query),
    gzipped: () => gzipSync(query),
  }),
  metric: () => ({ kind: 'refused', status: 404, text: 'No such metric.' }),
  trustsHost: (host) => host !== 'evil.example',
}

interface Asked {
  readonly headers?: RouteRequest['headers']
  readonly query?: string
  readonly live?: Partial<LiveRouteContent>
}

async function respond(
  path: string,
  { headers = {}, query = '', live = {} }: Asked = {},
): Promise<EndpointResponse> {
  const content = {
    pages: new PageCache({ render: () => assert.fail(), maxAgeMs: 0 }),
    status: () => '{}',
    readiness: () => ({ isReady: true, text: '' }),
    live: { ...shown, ...live },
  }
  return await new Promise((resolve) => {
    routesWithLive.get(path)?.handle({ headers, query }, content, resolve)
  })
}

describe('The path /', () => {
  test('has the page for a client that prefers HTML', async () => {
    const { status, headers, body } = await respond('/', { headers: { accept: 'text/html' } })
    assert.equal(status, 200)
    assert.equal(String(body), html)
    assert.equal(headers['Content-Security-Policy'], page.policy)
    assert.equal(headers['Cache-Control'], 'no-cache')
  })

  test('sends the compressed text of the build as it is', async () => {
    const headers = { accept: 'text/html', 'accept-encoding': 'gzip' }
    const { headers: sent, body } = await respond('/', { headers })
    assert.equal(sent['Content-Encoding'], 'gzip')
    assert.equal(gunzipSync(body as Buffer).toString(), html)
  })

  test('has no body for a client with this version', async () => {
    for (const known of ['"tag"', 'W/"tag"', '"old", "tag"']) {
      const headers = { accept: 'text/html', 'if-none-match': known }
      const { status, body } = await respond('/', { headers })
      assert.deepEqual([status, body], [304, ''], known)
    }
    const headers = { accept: 'text/html', 'if-none-match': '"tags"' }
    assert.equal((await respond('/', { headers })).status, 200)
  })

  test('names the paths for every other client', async () => {
    for (const accept of [undefined, '*/*', 'text/plain', 'text/plain, text/html;q=0.9']) {
      const { status, body, headers } = await respond('/', { headers: { accept } })
      assert.deepEqual([status, body], [404, notFoundWithLive.body])
      assert.equal(headers['Vary'], 'Accept')
    }
  })

  test('says why the page cannot be shown', async () => {
    const live = {
      page(): never {
        throw new Error('no text')
      },
    }
    const { status, body } = await respond('/', { headers: { accept: 'text/html' }, live })
    assert.equal(status, 503)
    assert.match(String(body), /cannot show the live page: no text/)
  })
})

describe('The path /live', () => {
  test('passes the query on, and never lets another site read the answer', async () => {
    const { status, headers, body } = await respond('/live', { query: 'since=4' })
    assert.deepEqual([status, String(body)], [200, 'since=4'])
    assert.equal(headers['X-Content-Type-Options'], 'nosniff')
    assert.equal(headers['Cross-Origin-Resource-Policy'], 'same-origin')
    const names = Object.keys(headers).map((name) => name.toLowerCase())
    assert.ok(names.every((name) => !name.startsWith('access-control')))
  })

  test('refuses scripts of other sites, and foreign names', async () => {
    for (const path of ['/live', '/live/metric']) {
      const crossSite = await respond(path, { headers: { 'sec-fetch-site': 'cross-site' } })
      assert.equal(crossSite.status, 403)
      const foreign = await respond(path, { headers: { host: 'evil.example' } })
      assert.equal(foreign.status, 403)
      assert.match(String(foreign.body), /under the name localhost/)
    }
    const same = await respond('/live', { headers: { 'sec-fetch-site': 'same-origin' } })
    assert.equal(same.status, 200)
  })

  test('answers with the status of a refusal, and 503 after an error', async () => {
    assert.equal((await respond('/live/metric')).status, 404)
    const live = {
      document(): never {
        throw new Error('a fault')
      },
    }
    assert.equal((await respond('/live', { live })).status, 503)
  })
})
