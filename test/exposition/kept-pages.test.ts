import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { partsOf, textOf } from '../../src/exposition/page.ts'
import { PageRenderer } from '../../src/exposition/page-renderer.ts'
import { expositionLimits } from '../../src/limits/exposition.ts'
import { targetInfo } from '../../src/model/catalog/target-info.ts'
import type { Descriptor, HistogramValue, Metric } from '../../src/model/metric.ts'
import { whole } from '../../src/model/page/in-parts.ts'
import type { PageOptions } from '../../src/model/page/page-options.ts'
import { textPage } from '../support/exposition/render-text.ts'
import { TestBlocks } from '../support/exposition/test-blocks.ts'

/* Pages of metrics in blocks: a page with kept lines equals a page of a new renderer. */

const formats = ['prometheus', 'openmetrics'] as const
const base = { unit: '', description: 'Help.', scope: 'app' }
const descriptors: readonly Descriptor[] = [
  { ...base, name: 'orders', kind: 'counter' },
  { ...base, name: 'level', kind: 'gauge' },
  { ...base, name: 'level', kind: 'upDownCounter', scope: 'other@1.0.0' },
  { ...base, name: 'wait', unit: 's', kind: 'histogram', bounds: [0.005, 1, 2.5] },
  { ...base, name: 'change', kind: 'histogram', bounds: [-1, 0] },
]

type Change = readonly [
  kind: 'add' | 'set' | 'remove' | 'target',
  metric: number,
  row: number,
  name: string,
  value: string | number,
  numbers: readonly number[],
]

const numbers = fc.array(fc.oneof(fc.nat(1_000), fc.nat(2 ** 40)), { minLength: 5, maxLength: 5 })
const changes: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('add', 'add', 'set', 'set', 'remove', 'target'),
  fc.nat(descriptors.length - 1),
  fc.nat(40),
  fc.constantFrom('route', 'http.route', 'http_route', 'größe', 'le'),
  fc.oneof(fc.constantFrom('', '1', 1, 'ü"\\\n'), fc.string({ maxLength: 3 })),
  numbers,
)
const options: fc.Arbitrary<PageOptions> = fc.record({
  prefix: fc.constantFrom(undefined, 'acme'),
  withResourceConstantLabels: fc.constantFrom(undefined, '^service'),
  withoutScopeInfo: fc.boolean(),
})

/** The same series without blocks. */
function plain(metrics: readonly Metric[]): Metric[] {
  return metrics.map(({ descriptor, points }) => ({ descriptor, points }))
}

function apply(change: Change, blocks: readonly TestBlocks[]): Metric[] {
  const [kind, at, row, name, value, given] = change
  const metric = blocks[at] as TestBlocks
  const { rows } = metric
  const found = rows[row % Math.max(1, rows.length)]
  if (kind === 'set') metric.set(found, given)
  else if (kind === 'remove') metric.remove(found)
  // The aggregator has each set of attributes once in a metric.
  else if (rows.every(({ attributes }) => attributes[name] !== value)) {
    metric.add({ [name]: value }, given)
  }
  return kind === 'target' ? [targetInfo({ 'service.name': String(value) })] : []
}

test('A page with kept lines equals the page of a new renderer, after any changes', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 40 }), options, (all, given) => {
      const blocks = descriptors.map((descriptor) => new TestBlocks(descriptor))
      const renderer = new PageRenderer(given)
      for (const change of all) {
        const metrics = [...blocks, ...apply(change, blocks)]
        for (const format of formats) {
          const kept = textPage(renderer.render(metrics, format))
          const fresh = textPage(new PageRenderer(given).render(plain(metrics), format))
          assert.equal(kept.text, fresh.text)
          assert.deepEqual([kept.twins, kept.clashes], [fresh.twins, fresh.clashes])
        }
      }
    }),
    { numRuns: 150 },
  )
})

describe('A later page', () => {
  function many(): TestBlocks {
    const metric = new TestBlocks(descriptors[3] as Descriptor, 64)
    for (let index = 0; index < 200; index += 1) metric.add({ route: `/${index}` }, [index, 1, 2])
    return metric
  }

  test('has the same buffers for blocks that did not change, in both formats', () => {
    const metric = many()
    const renderer = new PageRenderer()
    const first = partsOf(whole(renderer.render([metric], 'prometheus')))
    metric.set(metric.rows[70], [1, 2, 3, 4, 5])
    const second = partsOf(whole(renderer.render([metric], 'openmetrics')))
    const changed = second.flatMap((part, index) => (part === first[index] ? [] : [index]))
    // The head, and the second of four blocks. The end is the line # EOF.
    assert.deepEqual(changed, [0, 2, 5])
  })

  test('has new buffers, when nobody asked for a page for expositionLimits.keptMs', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const metric = many()
    const renderer = new PageRenderer()
    const parts = (): Buffer[] => partsOf(whole(renderer.render([metric], 'prometheus')))
    const first = parts()
    context.mock.timers.tick(expositionLimits.keptMs - 1)
    assert.equal(parts()[1], first[1])
    context.mock.timers.tick(expositionLimits.keptMs)
    const later = parts()
    assert.notEqual(later[1], first[1])
    assert.deepEqual(later, first)
  })

  test('has no line of a page that failed within a block of lines', () => {
    const metric = many()
    const renderer = new PageRenderer()
    const { descriptor, points } = metric
    const broken = [...points, { attributes: { route: '/broken' }, value: {} as HistogramValue }]
    assert.throws(() => whole(renderer.render([{ descriptor, points: broken }], 'prometheus')))
    const { text } = textPage(renderer.render([metric], 'prometheus'))
    assert.equal(text, textPage(new PageRenderer().render([metric], 'prometheus')).text)
  })

  test('has the values of its first part, although the series change between parts', () => {
    const metric = many()
    const expected = textPage(new PageRenderer().render(plain([metric]), 'prometheus')).text
    const job = new PageRenderer().render([metric], 'prometheus')
    let step = job.next()
    while (!step.done) {
      for (const row of metric.rows.filter((_, index) => index % 7 === 0)) metric.set(row, [9])
      metric.remove(metric.rows[3])
      step = job.next()
    }
    assert.equal(textOf(step.value), expected)
  })

  test('has kept lines of the moment of its first part, although another page is newer', () => {
    const metric = many()
    const renderer = new PageRenderer()
    const before = textPage(renderer.render([metric], 'prometheus')).text
    const job = renderer.render([metric], 'prometheus')
    job.next()
    for (const row of metric.rows) metric.set(row, [7])
    const after = textPage(renderer.render([metric], 'prometheus')).text
    assert.equal(textOf(whole(job)), before)
    assert.notEqual(after, before)
    assert.equal(textPage(renderer.render([metric], 'prometheus')).text, after)
  })
})
