import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PageRenderer } from '../../src/exposition/page-renderer.ts'
import { expositionLimits } from '../../src/limits/exposition.ts'
import type { Metric, MetricKind } from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import { textPage } from '../support/exposition/render-text.ts'
import { TestBlocks } from '../support/exposition/test-blocks.ts'

interface Given {
  readonly scope?: string
  readonly kind?: MetricKind
  readonly labelChars?: number
}

function metric(name: string, series: number, given: Given = {}): Metric {
  const { scope = 'app', kind = 'gauge', labelChars = 5 } = given
  const points = Array.from({ length: series }, (_, index) => {
    return { attributes: { id: String(index).padStart(labelChars, 'x') }, value: 1 }
  })
  return { descriptor: { name, kind, unit: '', description: '', scope }, points }
}

/** Names of the families on the page, and of those left out. */
function shown(renderer: PageRenderer, metrics: readonly Metric[]): [string[], string[]] {
  const { families, shed } = textPage(renderer.render(metrics, 'prometheus'))
  return [families.map(({ name }) => name), shed.map(({ name }) => name)]
}

const hundred = { pageSamples: 100, pageBytes: 1e9 }

describe('A page beyond its limits', () => {
  test('leaves out the largest families of the application', () => {
    const metrics = [metric('a', 60), metric('b', 70), metric('c', 30), metric('d', 1)]
    const renderer = new PageRenderer({}, hundred)
    assert.deepEqual(shown(renderer, metrics), [['a', 'c', 'd'], ['b']])
    const { shed } = textPage(renderer.render(metrics, 'openmetrics'))
    assert.deepEqual(shed, [{ name: 'b', series: 70 }])
  })

  test('keeps metrics of this package, until nothing else is left to leave out', () => {
    const own = [
      metric('gunicorn_x', 99, { scope: ownScope }),
      metric('gunicorn_y', 1, { scope: ownScope }),
    ]
    const renderer = new PageRenderer({}, hundred)
    assert.deepEqual(shown(renderer, [...own, metric('a', 2)]), [
      ['gunicorn_x', 'gunicorn_y'],
      ['a'],
    ])
    const most = metric('gunicorn_z', 150, { scope: ownScope })
    assert.deepEqual(shown(renderer, [...own, most]), [
      ['gunicorn_x', 'gunicorn_y'],
      ['gunicorn_z'],
    ])
  })

  test('counts bytes with the labels, and the lines of histograms', () => {
    const bytes = { pageSamples: 1e9, pageBytes: 20_000 }
    const long = metric('long', 50, { labelChars: 500 })
    assert.deepEqual(shown(new PageRenderer({}, bytes), [metric('short', 200), long]), [
      ['short'],
      ['long'],
    ])
    const base = { name: 'wait', unit: '', description: '', scope: 'app' }
    const histogram = new TestBlocks({ ...base, kind: 'histogram', bounds: [1, 2] })
    for (let index = 0; index < 25; index += 1) histogram.add({ id: String(index) }, [1])
    assert.deepEqual(shown(new PageRenderer({}, hundred), [histogram]), [[], ['wait']])
  })

  test('takes a family back when a tenth of the limit is then free', () => {
    const renderer = new PageRenderer({}, hundred)
    const small = metric('small', 20)
    assert.deepEqual(shown(renderer, [small, metric('large', 81)]), [['small'], ['large']])
    assert.deepEqual(shown(renderer, [small, metric('large', 75)]), [['small'], ['large']])
    assert.deepEqual(shown(renderer, [small, metric('large', 70)]), [['small', 'large'], []])
    assert.deepEqual(shown(renderer, [small, metric('large', 80)]), [['small', 'large'], []])
  })

  test('keeps no lines of a family that is left out', () => {
    const base = { name: 'wait', unit: '', description: '', scope: 'app' }
    const blocks = new TestBlocks({ ...base, kind: 'gauge' })
    for (let index = 0; index < 50; index += 1) blocks.add({ id: String(index) }, [1])
    const renderer = new PageRenderer({}, hundred)
    const lines = (others: number): Buffer | undefined => {
      const { families } = textPage(renderer.render([blocks, metric('a', others)], 'prometheus'))
      return families.find(({ name }) => name === 'wait')?.parts[0]
    }
    const first = lines(1)
    assert.equal(lines(1), first)
    // Both families have the size of one line, and the labels of `wait` are shorter.
    assert.equal(lines(200), first)
    for (let index = 50; index < 150; index += 1) blocks.add({ id: String(index) }, [1])
    assert.equal(lines(1), undefined)
    for (const row of blocks.rows.slice(50)) blocks.remove(row)
    assert.deepEqual(lines(1), first)
    assert.notEqual(lines(1), first)
  })

  test('leaves nothing out for the lines of one metric', () => {
    const renderer = new PageRenderer({}, hundred)
    assert.equal(renderer.lines([metric('a', 150)], 'a').match(/^a\{/gm)?.length, 150)
  })

  test('leaves out a family whose labels are longer than an estimate says', () => {
    const { mostPageBytes, sizedSeries } = expositionLimits
    const { descriptor, points } = metric('a', 2 * sizedSeries)
    const label = 'y'.repeat(1_000_000)
    const count = Math.ceil(mostPageBytes / label.length) + 2
    // An estimate looks at each second series.
    const long = points.map(({ attributes, value }, index) => {
      const isLong = index % 2 === 1 && index < 2 * count
      return { attributes: isLong ? { id: label, index } : attributes, value }
    })
    const renderer = new PageRenderer({})
    const metrics = [metric('b', 1), { descriptor, points: long }, metric('c', 1)]
    assert.deepEqual(shown(renderer, metrics), [['b', 'c'], ['a']])
  })
})
