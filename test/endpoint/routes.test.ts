import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { PageCache } from '../../src/endpoint/page-cache.ts'
import type { EndpointResponse, ResponseBody } from '../../src/endpoint/response.ts'
import { type RouteContent, type RouteRequest, routes } from '../../src/endpoint/routes.ts'
import type { Page } from '../../src/exposition/page.ts'
import { expositionLimits } from '../../src/limits/exposition.ts'
import type { InParts } from '../../src/model/page/in-parts.ts'
import { rendering, wholeOf } from '../support/endpoint/endpoint.ts'

/** A page of two families, one line each. */
function twoFamilies(format: string): InParts<Page> {
  const families = ['one', 'two'].map((name) => {
    const parts = [Buffer.from(`${name} ${format}\n`)]
    return { name, samples: [name], head: Buffer.alloc(0), parts }
  })
  return rendering({ families, end: Buffer.alloc(0), clashes: [], twins: 0, shed: [] })
}

function contentWith(changed: Partial<RouteContent> = {}): RouteContent {
  return {
    pages: new PageCache({ render: twoFamilies, maxAgeMs: 0 }),
    status: () => '{}',
    readiness: () => ({ isReady: true, text: 'Ready.' }),
    ...changed,
  }
}

async function respond(
  path: string,
  request: Partial<RouteRequest> = {},
  content: RouteContent = contentWith(),
): Promise<EndpointResponse> {
  const route = routes.get(path)
  assert.ok(route)
  return await new Promise((resolve) => {
    route.handle({ headers: {}, query: '', ...request }, content, resolve)
  })
}

function textIn(body: ResponseBody): string {
  return wholeOf(body).toString()
}

describe('The route', () => {
  test('table has four paths, each of its kind', () => {
    assert.deepEqual(
      [...routes].map(([path, { kind }]) => `${path} ${kind}`),
      ['/metrics page', '/status document', '/healthz probe', '/readyz probe'],
    )
  })

  const vary = 'Accept, Accept-Encoding'
  const plain = 'text/plain; version=0.0.4; charset=utf-8'

  test('/metrics responds with the page', async () => {
    const { status, headers, body } = await respond('/metrics')
    assert.deepEqual([status, headers], [200, { 'Content-Type': plain, Vary: vary }])
    assert.equal(textIn(body), 'one prometheus\ntwo prometheus\n')
  })

  test('/metrics responds with OpenMetrics on request', async () => {
    const accept = 'application/openmetrics-text; version=1.0.0'
    const { headers, body } = await respond('/metrics', { headers: { accept } })
    assert.match(String(headers['Content-Type']), /^application\/openmetrics-text/)
    assert.match(textIn(body), /^one openmetrics$/m)
  })

  for (const [query, text] of [
    ['', 'one prometheus\ntwo prometheus\n'],
    ['name[]=two', 'two prometheus\n'],
  ] as const) {
    test(`/metrics compresses the page for the query "${query}"`, async () => {
      const request = { headers: { 'accept-encoding': 'gzip' }, query }
      const { headers, body } = await respond('/metrics', request)
      assert.equal(headers['Content-Encoding'], 'gzip')
      assert.equal(gunzipSync(wholeOf(body)).toString(), text)
    })
  }

  test('/metrics responds with the selected names', async () => {
    const { headers, body } = await respond('/metrics', { query: 'name[]=one&name[]=none' })
    assert.equal(headers['Content-Encoding'], undefined)
    assert.equal(textIn(body), 'one prometheus\n')
  })

  test('/metrics responds with 400 beyond expositionLimits.pageNames', async () => {
    const query = 'name[]=x&'.repeat(expositionLimits.pageNames + 1)
    const { status, body } = await respond('/metrics', { query })
    assert.deepEqual([status, body], [400, 'A request can select at most 100 names with name[].\n'])
    const within = 'name[]=x&'.repeat(expositionLimits.pageNames)
    assert.equal((await respond('/metrics', { query: within })).status, 200)
  })

  const fail = (): never => {
    throw new RangeError('too large')
  }
  const failing = contentWith({
    pages: new PageCache({ render: fail, maxAgeMs: 0 }),
    status: fail,
    readiness: fail,
  })
  for (const [path, name] of [
    ['/metrics', 'metrics'],
    ['/status', 'status'],
    ['/readyz', 'readiness'],
  ] as const) {
    test(`${path} responds with 503 and the reason of a failure`, async () => {
      const { status, headers, body } = await respond(path, {}, failing)
      assert.equal(status, 503)
      assert.equal(headers['Content-Type'], 'text/plain; charset=utf-8')
      assert.equal(body, `The exporter cannot show the ${name}: too large\n`)
    })
  }

  test('/status responds with JSON', async () => {
    assert.deepEqual(await respond('/status'), {
      status: 200,
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: '{}',
    })
  })

  test('/healthz responds with 200', async () => {
    const { status, body } = await respond('/healthz', {}, failing)
    assert.deepEqual([status, body], [200, 'ok\n'])
  })

  for (const isReady of [true, false]) {
    test(`/readyz responds with ${isReady ? 200 : 503} when readiness is ${isReady}`, async () => {
      const content = contentWith({ readiness: () => ({ isReady, text: 'Two workers.' }) })
      const { status, body } = await respond('/readyz', {}, content)
      assert.deepEqual([status, body], [isReady ? 200 : 503, 'Two workers.\n'])
    })
  }
})
