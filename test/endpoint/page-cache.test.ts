import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gunzipSync } from 'node:zlib'
import type { Outcome } from '../../src/endpoint/body/shared-job.ts'
import { type CachedPage, type CodedBody, PageCache } from '../../src/endpoint/page-cache.ts'
import type { Coding } from '../../src/exposition/codings/coding.ts'
import { textOf } from '../../src/exposition/page.ts'
import type { TextFormat } from '../../src/exposition/text-format.ts'
import type { Body } from '../../src/model/page/body.ts'
import { pageOf } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

const never = 2 ** 30

describe('PageCache with several requests at once', () => {
  test('renders and compresses each format once', async () => {
    const { pages, rendered, ask, body } = started({ maxAgeMs: 0 })
    const asked = ['prometheus', 'openmetrics', 'prometheus', 'prometheus'] as const
    const cached = await Promise.all(asked.map(ask))
    assert.deepEqual(rendered, ['prometheus', 'openmetrics'])
    assert.equal(cached[0], cached[2])
    assert.equal(cached[0], cached[3])
    assert.notEqual(cached[0], cached[1])
    const [plain, gzip, again] = await Promise.all(
      (['identity', 'gzip', 'gzip'] as const).map((coding) => body(cached[0], coding)),
    )
    assert.equal(bytesOf(plain).toString(), 'prometheus 1 größe')
    assert.equal(gzip, again)
    assert.equal(gunzipSync(bytesOf(gzip)).toString(), 'prometheus 1 größe')
    pages.clear()
  })

  test('renders again for a later request without a maximum age', async () => {
    const { rendered, ask } = started({ maxAgeMs: 0 })
    const first = await ask('prometheus')
    const second = await ask('prometheus')
    assert.equal(rendered.length, 2)
    assert.notEqual(first, second)
  })

  test('renders after the last request, so that the page shows earlier events', async () => {
    let happened = 0
    const pages = new PageCache({ render: () => pageOf(String(happened)), maxAgeMs: 0 })
    const asked = new Promise<Outcome<CachedPage>>((resolve) => pages.get('prometheus', resolve))
    happened = 1
    assert.equal(textIn(await asked), '1')
  })

  test('shares the page under way with a request within the age', async (context) => {
    let rendered = 0
    const later = new Promise<Outcome<CachedPage>>((resolve) => {
      const pages = new PageCache({
        render() {
          rendered += 1
          // Another request arrives between two parts of the page.
          pages.get('prometheus', resolve)
          return pageOf(String(rendered))
        },
        maxAgeMs: 60_000,
      })
      context.after(() => pages.clear())
      pages.get('prometheus', () => {})
    })
    assert.equal(textIn(await later), '1')
    assert.equal(rendered, 1)
  })
})

describe('PageCache with a wait for recent content', () => {
  test('renders once for all requests, when the content is recent', async () => {
    let [content, waits] = ['old', 0]
    let resolve = (): void => {}
    const recent = new Promise<void>((settle) => {
      resolve = settle
    })
    const rendered: string[] = []
    const pages = new PageCache({
      render: () => {
        rendered.push(content)
        return pageOf(content)
      },
      freshen: () => {
        waits += 1
        return recent
      },
      maxAgeMs: 0,
    })
    const ask = (): Promise<Outcome<CachedPage>> =>
      new Promise((waiter) => pages.get('prometheus', waiter))
    const asked = [ask(), ask()]
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([rendered, waits], [[], 1])
    content = 'new'
    resolve()
    for (const each of asked) assert.equal(textIn(await each), 'new')
    assert.deepEqual(rendered, ['new'])
  })

  test('renders although the wait fails', async () => {
    const freshen = (): Promise<never> => Promise.reject(new Error('no'))
    const pages = new PageCache({ render: () => pageOf('text'), freshen, maxAgeMs: 0 })
    const asked = new Promise<Outcome<CachedPage>>((resolve) => pages.get('prometheus', resolve))
    assert.equal(textIn(await asked), 'text')
  })
})

describe('PageCache with a maximum age', () => {
  test('returns the page at once within the age', async () => {
    const { pages, rendered, ask } = started({ maxAgeMs: never })
    const first = await ask('prometheus')
    let second: Outcome<CachedPage> | undefined
    pages.get('prometheus', (result) => {
      second = result
    })
    assert.equal(second?.kind === 'done' && second.value, first)
    await ask('openmetrics')
    assert.deepEqual(rendered, ['prometheus', 'openmetrics'])
    pages.clear()
    await ask('prometheus')
    assert.equal(rendered.length, 3)
    pages.clear()
  })

  test('frees a page after its age without another request', async () => {
    const { ask } = started({ maxAgeMs: 50 })
    const held = new WeakRef(await ask('prometheus'))
    setFlagsFromString('--expose-gc')
    const collectGarbage: () => void = runInNewContext('gc')
    await eventually(() => {
      collectGarbage()
      assert.ok(held.deref() === undefined)
    })
  })
})

describe('PageCache with timers', () => {
  test('deletes a page at its own age, not at the age of an earlier page', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { pages, rendered, ask } = started({ maxAgeMs: never })
    await ask('prometheus')
    context.mock.timers.tick(never - 1)
    pages.clear()
    await ask('prometheus')
    // The expiry of the deleted page must not delete its successor.
    context.mock.timers.tick(1)
    await ask('prometheus')
    assert.equal(rendered.length, 2)
    context.mock.timers.tick(never)
    await ask('prometheus')
    assert.equal(rendered.length, 3)
  })

  test('checks the age of a page although its expiry is late', async (context) => {
    const clock = started({ maxAgeMs: 10, context })
    await clock.ask('prometheus')
    clock.advance(10)
    await clock.ask('prometheus')
    assert.equal(clock.rendered.length, 1)
    clock.advance(1)
    await clock.ask('prometheus')
    assert.equal(clock.rendered.length, 2)
  })

  test('keeps a page despite the late expiry of an earlier page', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const clock = started({ maxAgeMs: 10, context })
    await clock.ask('prometheus')
    context.mock.timers.tick(9)
    clock.advance(11)
    await clock.ask('prometheus')
    assert.equal(clock.rendered.length, 2)
    // The time of the earlier expiry.
    context.mock.timers.tick(1)
    await clock.ask('prometheus')
    assert.equal(clock.rendered.length, 2)
  })

  test('caches a page for 1 ms, and no page without a maximum age', async (context) => {
    for (const [maxAgeMs, renders] of [
      [0, 2],
      [1, 1],
    ] as const) {
      const { ask, rendered } = started({ maxAgeMs, context })
      await ask('prometheus')
      await ask('prometheus')
      assert.equal(rendered.length, renders)
    }
  })

  test('keeps no process alive', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const { pages, ask } = started({ maxAgeMs: never })
    await ask('prometheus')
    assert.equal(timers(), before)
    pages.clear()
  })

  test('renders once for requests that arrive before the page', async () => {
    const { pages, rendered } = started({ maxAgeMs: 0 })
    const results: Outcome<CachedPage>[] = []
    for (let count = 0; count < 3; count += 1) pages.get('prometheus', (each) => results.push(each))
    assert.deepEqual([rendered.length, results.length], [0, 0])
    await eventually(() => assert.equal(results.length, 3))
    assert.equal(rendered.length, 1)
  })
})

describe('PageCache with a page that cannot be rendered', () => {
  test('passes the error to all waiting requests and renders again for the next', async () => {
    let fails = true
    const pages = new PageCache({
      render() {
        if (fails) throw new RangeError('too large')
        return pageOf('good')
      },
      maxAgeMs: never,
    })
    const ask = (): Promise<Outcome<CachedPage>> =>
      new Promise((resolve) => pages.get('prometheus', resolve))
    for (const result of await Promise.all([ask(), ask()])) {
      assert.equal(result.kind, 'failed')
      assert.match(String(result.kind === 'failed' && result.error), /too large/)
    }
    fails = false
    assert.equal(textIn(await ask()), 'good')
    pages.clear()
  })
})

function textIn(result: Outcome<CachedPage>): string | undefined {
  return result.kind === 'done' ? textOf(result.value.page) : undefined
}

function bytesOf(body: Body | undefined): Buffer {
  return Buffer.concat(body?.parts ?? [])
}

interface Given {
  readonly maxAgeMs: number
  /** Replaces the clock, which then stands still. */
  readonly context?: TestContext
}

function started({ maxAgeMs, context }: Given) {
  let now = 1_000
  context?.mock.method(performance, 'now', () => now)
  const rendered: TextFormat[] = []
  const pages = new PageCache({
    render(format) {
      rendered.push(format)
      return pageOf(`${format} ${rendered.length} größe`)
    },
    maxAgeMs,
  })
  const ask = async (format: TextFormat) => {
    const result = await new Promise<Outcome<CachedPage>>((resolve) => pages.get(format, resolve))
    assert.ok(result.kind === 'done')
    return result.value
  }
  const body = async (cached: CachedPage | undefined, coding: Coding): Promise<Body> => {
    assert.ok(cached)
    const result = await new Promise<Outcome<CodedBody>>((resolve) =>
      pages.body(cached, { codings: [coding], selection: 'everything' }, resolve),
    )
    assert.ok(result.kind === 'done')
    return result.value.body
  }
  const advance = (ms: number): void => {
    now += ms
  }
  return { pages, rendered, ask, body, advance }
}
