import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gunzipSync } from 'node:zlib'
import { PageCache, type PageResult } from '../../src/endpoint/page-cache.ts'
import type { TextFormat } from '../../src/exposition/text.ts'
import { pageOf } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

const never = 2 ** 30

describe('pages that are asked for at once', () => {
  test('are one, zipped once, and one for each format', async () => {
    const { pages, rendered, ask } = started({ maxAgeMs: 0 })
    const asked = ['prometheus', 'openmetrics', 'prometheus', 'prometheus'] as const
    const shared = await Promise.all(asked.map(ask))
    assert.deepEqual(rendered, ['prometheus', 'openmetrics'])
    assert.equal(shared[0], shared[2])
    assert.equal(shared[0], shared[3])
    assert.notEqual(shared[0], shared[1])
    assert.equal(shared[0]?.bytes.toString(), 'prometheus 1 größe')
    assert.equal(shared[0]?.zipped(), shared[2]?.zipped())
    assert.equal(gunzipSync(shared[0]?.zipped() ?? '').toString(), 'prometheus 1 größe')
    pages.clear()
  })

  test('are none that somebody asks for later, without an age', async () => {
    const { rendered, ask } = started({ maxAgeMs: 0 })
    const first = await ask('prometheus')
    const second = await ask('prometheus')
    assert.equal(rendered.length, 2)
    assert.notEqual(first, second)
  })

  test('are of after the last who asked: what happened before is on them', async () => {
    let happened = 0
    const pages = new PageCache({ render: () => pageOf(String(happened)), maxAgeMs: 0 })
    const asked = new Promise<PageResult>((resolve) => pages.ask('prometheus', resolve))
    happened = 1
    assert.equal(shownIn(await asked), '1')
  })
})

describe('a page that is kept', () => {
  test('is that of everybody who asks within its age, at once', async () => {
    const { pages, rendered, ask } = started({ maxAgeMs: never })
    const first = await ask('prometheus')
    let second: PageResult | undefined
    pages.ask('prometheus', (outcome) => {
      second = outcome
    })
    assert.equal(second?.kind === 'page' && second.shared, first)
    await ask('openmetrics')
    assert.deepEqual(rendered, ['prometheus', 'openmetrics'])
    pages.clear()
    await ask('prometheus')
    assert.equal(rendered.length, 3)
    pages.clear()
  })

  test('is rendered anew for whoever asks past its age', async () => {
    const { rendered, ask } = started({ maxAgeMs: 1 })
    await ask('prometheus')
    await eventually(async () => {
      await ask('prometheus')
      assert.ok(rendered.length > 1)
    })
  })

  test('is let go of when its age is over, though nobody asks', async () => {
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

describe('a page that cannot be made', () => {
  test('is told to all who wait, and kept for nobody', async () => {
    let fails = true
    const pages = new PageCache({
      render() {
        if (fails) throw new RangeError('too large')
        return pageOf('good')
      },
      maxAgeMs: never,
    })
    const ask = (): Promise<PageResult> =>
      new Promise((resolve) => pages.ask('prometheus', resolve))
    for (const outcome of await Promise.all([ask(), ask()])) {
      assert.equal(outcome.kind, 'failure')
      assert.match(String(outcome.kind === 'failure' && outcome.error), /too large/)
    }
    fails = false
    assert.equal(shownIn(await ask()), 'good')
    pages.clear()
  })
})

function shownIn(outcome: PageResult): string | undefined {
  return outcome.kind === 'page' ? outcome.shared.bytes.toString() : undefined
}

function started({ maxAgeMs }: { maxAgeMs: number }) {
  const rendered: TextFormat[] = []
  const pages = new PageCache({
    render(format) {
      rendered.push(format)
      return pageOf(`${format} ${rendered.length} größe`)
    },
    maxAgeMs,
  })
  const ask = async (format: TextFormat) => {
    const outcome = await new Promise<PageResult>((resolve) => pages.ask(format, resolve))
    assert.equal(outcome.kind, 'page')
    return (outcome as Extract<PageResult, { kind: 'page' }>).shared
  }
  return { pages, rendered, ask }
}
