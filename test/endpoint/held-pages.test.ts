import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type HeldBody, PageCache } from '../../src/endpoint/page-cache.ts'
import { ResponseBudget, unreserved } from '../../src/endpoint/response-budget.ts'
import { handlePage, type RouteContent } from '../../src/endpoint/routes.ts'
import type { Coding } from '../../src/exposition/codings/coding.ts'
import type { Page } from '../../src/exposition/page.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import type { InParts } from '../../src/model/page/in-parts.ts'
import { pageOf } from '../support/endpoint/endpoint.ts'

/* The memory of a page is free for later pages after its last response. */

interface Started {
  readonly pages: PageCache
  readonly released: string[]
}

/** Pages with the texts 1, 2, and so on. */
function started(context: TestContext, maxAgeMs: number): Started {
  const released: string[] = []
  let rendered = 0
  function* render(): InParts<Page> {
    rendered += 1
    const text = String(rendered)
    return { ...(yield* pageOf(text)), release: () => released.push(text) }
  }
  const pages = new PageCache({ render, maxAgeMs })
  context.after(() => pages.clear())
  return { pages, released }
}

function body({ pages }: Started, coding: Coding, names?: readonly string[]): Promise<HeldBody> {
  return new Promise((resolve, reject) => {
    pages.get('prometheus', (page) => {
      if (page.kind === 'failed') return reject(page.error)
      const selection = names ? new Set(names) : ('everything' as const)
      pages.body(page.value, { codings: [coding], selection }, (outcome) => {
        if (outcome.kind === 'done') resolve(outcome.value)
        else reject(outcome.error)
      })
    })
  })
}

test('A page is released after the last of its responses', async (context) => {
  const cache = started(context, 0)
  const both = await Promise.all([body(cache, 'identity'), body(cache, 'gzip')])
  assert.deepEqual(cache.released, [])
  both[0]?.release()
  both[0]?.release()
  assert.deepEqual(cache.released, [])
  assert.equal(gunzipSync(Buffer.concat(both[1]?.body.parts ?? [])).toString(), '1')
  both[1]?.release()
  assert.deepEqual(cache.released, ['1'])
})

test('A page is released after its age at the earliest', async (context) => {
  const cache = started(context, 2 ** 30)
  const first = await body(cache, 'identity')
  first.release()
  assert.deepEqual(cache.released, [])
  const selected = await body(cache, 'identity', ['none'])
  cache.pages.clear()
  assert.deepEqual(cache.released, [])
  selected.release()
  assert.deepEqual(cache.released, ['1'])
})

test('A response without a body releases its page', async (context) => {
  const cache = started(context, 0)
  const content = { pages: cache.pages } as RouteContent
  await new Promise<void>((resolve) => {
    handlePage({ headers: {}, query: '' }, content, (response) => {
      assert.deepEqual(cache.released, [])
      assert.equal(unreserved(response).release, undefined)
      resolve()
    })
  })
  assert.deepEqual(cache.released, ['1'])
})

test('A response over the budget releases its page', async (context) => {
  const cache = started(context, 0)
  const limits = { ...endpointLimits, unsentPageBytes: 0, unsentPages: 0 }
  const budget = new ResponseBudget({ copies: false, limits })
  const { body: page, release } = await body(cache, 'identity')
  const response = budget.reserve({ status: 200, headers: {}, body: page, release })
  assert.deepEqual([response.status, cache.released], [503, ['1']])
})

test('A response within the budget releases its page at its end', async (context) => {
  const cache = started(context, 0)
  for (const copies of [false, true]) {
    const budget = new ResponseBudget({ copies, limits: endpointLimits })
    const { body: page, release } = await body(cache, 'identity')
    const response = budget.reserve({ status: 200, headers: {}, body: page, release })
    assert.deepEqual(cache.released, copies ? ['1'] : [])
    response.release?.()
    assert.equal(budget.bytes, 0)
  }
  assert.deepEqual(cache.released, ['1', '2'])
})
