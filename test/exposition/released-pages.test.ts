import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Page, partsOf, textOf } from '../../src/exposition/page.ts'
import { PageRenderer } from '../../src/exposition/page-renderer.ts'
import type { Descriptor } from '../../src/model/metric.ts'
import { type InParts, whole } from '../../src/model/page/in-parts.ts'
import { TestBlocks } from '../support/exposition/test-blocks.ts'

/* Pages whose memory later pages use, after nobody reads the pages any more. */

const formats = ['prometheus', 'openmetrics'] as const
const base = { unit: '', description: 'Help.', scope: 'app' }
const counter: Descriptor = { ...base, name: 'orders', kind: 'counter' }
// In OpenMetrics without a sum: the lines of both formats differ.
const histogram: Descriptor = { ...base, name: 'change', kind: 'histogram', bounds: [-1, 0] }
const series = 8

type Act = readonly [kind: 'set' | 'begin' | 'step' | 'end' | 'release', at: number, value: number]

const acts: fc.Arbitrary<Act> = fc.tuple(
  fc.constantFrom('set', 'set', 'begin', 'begin', 'step', 'end', 'end', 'release'),
  fc.nat(1_000),
  fc.oneof(fc.nat(9), fc.nat(2 ** 30)),
)

interface PageUnderWay {
  readonly job: InParts<Page>
  readonly expected: string
}

/** A process with pages under way, and pages that somebody still reads. */
class Pages {
  readonly #blocks = [new TestBlocks(counter), new TestBlocks(histogram)]
  readonly #renderer = new PageRenderer()
  readonly #underWay: PageUnderWay[] = []
  readonly #read: { readonly page: Page; readonly expected: string }[] = []

  constructor() {
    for (const blocks of this.#blocks) {
      for (let index = 0; index < series; index += 1) blocks.add({ index }, [index, 1, 2])
    }
  }

  act([kind, at, value]: Act): void {
    if (kind === 'set') this.#set(at, value)
    else if (kind === 'begin') this.#begin(at)
    else if (kind === 'release') taken(this.#read, at)?.page.release?.()
    else this.#advance(at, kind === 'end')
  }

  /** Compares the pages that somebody reads with their texts. */
  check(): void {
    for (const { page, expected } of this.#read) assert.equal(textOf(page), expected)
  }

  #set(at: number, value: number): void {
    const blocks = this.#blocks[at % 2] as TestBlocks
    blocks.set(blocks.rows[at % series], [value, value, value])
  }

  #begin(at: number): void {
    const format = formats[at % 2] as (typeof formats)[number]
    const metrics = this.#blocks.map(({ descriptor, points }) => ({ descriptor, points }))
    const expected = textOf(whole(new PageRenderer().render(metrics, format)))
    const job = this.#renderer.render(this.#blocks, format)
    // The values of a page are those at its first part.
    const { done, value } = job.next()
    if (done) this.#read.push({ page: value, expected })
    else this.#underWay.push({ job, expected })
  }

  #advance(at: number, toEnd: boolean): void {
    const found = taken(this.#underWay, at)
    if (!found) return
    const { job, expected } = found
    const { done, value } = toEnd ? { done: true, value: whole(job) } : job.next()
    if (done && value) this.#read.push({ page: value, expected })
    else this.#underWay.push(found)
  }
}

function taken<T>(list: T[], at: number): T | undefined {
  return list.length === 0 ? undefined : list.splice(at % list.length, 1)[0]
}

test('A page keeps its bytes until its release, whatever other pages do', () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 60 }), (all) => {
      const pages = new Pages()
      for (const act of all) {
        pages.act(act)
        pages.check()
      }
    }),
    { numRuns: 300 },
  )
})

test('A changed block is written into the memory of a released page, and of no other', () => {
  const blocks = new TestBlocks(counter)
  blocks.add({ route: '/' }, [1])
  const renderer = new PageRenderer()
  const next = (): Page => {
    blocks.set(blocks.rows[0], [Number(blocks.values[0]) + 1])
    return whole(renderer.render([blocks], 'prometheus'))
  }
  const memoryOf = (page: Page): ArrayBufferLike | undefined => partsOf(page)[1]?.buffer
  const first = next()
  const memory = memoryOf(first)
  const second = next()
  assert.notEqual(memoryOf(second), memory)
  second.release?.()
  second.release?.()
  const third = next()
  assert.equal(memoryOf(third), memoryOf(second))
  assert.notEqual(partsOf(third)[1], partsOf(second)[1])
  const fourth = next()
  assert.notEqual(memoryOf(fourth), memoryOf(third))
})

test('A page under way keeps the lines that it found, although their page is released', () => {
  const blocks = new TestBlocks(counter)
  for (let index = 0; index < series; index += 1) blocks.add({ index }, [1])
  const renderer = new PageRenderer()
  const render = (): InParts<Page> => renderer.render([blocks], 'prometheus')
  const first = whole(render())
  const expected = textOf(first)
  const job = render()
  job.next()
  first.release?.()
  for (const row of blocks.rows) blocks.set(row, [2])
  whole(render())
  assert.equal(textOf(whole(job)), expected)
})
