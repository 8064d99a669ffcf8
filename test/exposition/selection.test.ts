import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { partsOf } from '../../src/exposition/page.ts'
import { selectFrom, selectionOf } from '../../src/exposition/selection.ts'
import type { TextFormat } from '../../src/exposition/text-format.ts'
import { expositionLimits } from '../../src/limits/exposition.ts'
import type { Descriptor, Metric, Point } from '../../src/model/metric.ts'
import { whole } from '../../src/model/page/in-parts.ts'
import { renderText } from '../support/exposition/render-text.ts'
import { faultsOf, readSamples } from '../support/prometheus/exposition.ts'

const formats: readonly TextFormat[] = ['prometheus', 'openmetrics']

describe('selectionOf', () => {
  const rows: Record<string, readonly string[] | 'everything'> = {
    '': 'everything',
    'x=1': 'everything',
    name: 'everything',
    'name=a': 'everything',
    'name[]': 'everything',
    'name[]=': 'everything',
    'name[]=a': ['a'],
    'name[]=a&name[]=b&name[]=a&x=c': ['a', 'b'],
    'name[]=&name[]=b': ['b'],
    'name%5B%5D=a%5Fb': ['a_b'],
    'name[]=%E0%A4%A': ['\ufffd%A'],
    'name[]=a=b': ['a=b'],
  }
  for (const [query, expected] of Object.entries(rows)) {
    test(`reads ${JSON.stringify(expected)} from ${JSON.stringify(query)}`, () => {
      const selection = selectionOf(query)
      assert.deepEqual(selection instanceof Set ? [...selection] : selection, expected)
    })
  }

  test('returns undefined for more than expositionLimits.pageNames names', () => {
    const query = (count: number): string =>
      Array.from({ length: count }, (_, index) => `name[]=n${index}`).join('&')
    assert.equal(
      (selectionOf(query(expositionLimits.pageNames)) as ReadonlySet<string>).size,
      expositionLimits.pageNames,
    )
    assert.equal(selectionOf(query(expositionLimits.pageNames + 1)), undefined)
  })
})

describe('selectFrom', () => {
  const names = (...given: string[]): ReadonlySet<string> => new Set(given)
  const metrics: readonly Metric[] = [
    metric({ name: 'orders', kind: 'counter' }, [{ attributes: { kind: 'a' }, value: 1 }]),
    metric({ name: 'orders.waiting' }, [{ attributes: {}, value: 2 }]),
    metric({ name: 'wait_seconds', unit: 's', kind: 'histogram', bounds: [1, 2] }, [
      {
        attributes: { route: 'wait_seconds_sum{} 1' },
        value: { count: 3, sum: 4, counts: [1, 1, 1] },
      },
      { attributes: { route: '' }, value: { count: 0, sum: 0, counts: [0, 0, 0] } },
    ]),
    metric({ name: 'wait_seconds_bucket_size' }, [{ attributes: {}, value: 5 }]),
  ]
  const wait = ['wait_seconds_bucket', 'wait_seconds_sum', 'wait_seconds_count']
  const rows: readonly (readonly [title: string, names: ReadonlySet<string>, samples: string[]])[] =
    [
      ['the name of a sample', names('orders_waiting'), ['orders_waiting']],
      ['the sample of a counter', names('orders_total'), ['orders_total']],
      ['the family of a counter', names('orders'), ['orders_total']],
      ['the family of a histogram', names('wait_seconds'), wait],
      ['all samples of a histogram', names(...wait), wait],
      ['the sums of a histogram', names('wait_seconds_sum'), ['wait_seconds_sum']],
      ['the buckets of a histogram', names('wait_seconds_bucket'), ['wait_seconds_bucket']],
      [
        'two of several families',
        names('wait_seconds_count', 'orders'),
        ['orders_total', 'wait_seconds_count'],
      ],
      ['an unknown name', names('unknown'), []],
      ['the start of names', names('wait', 'orders_w'), []],
      ['the text of an attribute', names('1'), []],
      ['known and unknown names', names('unknown', 'orders', ''), ['orders_total']],
    ]
  for (const format of formats) {
    for (const [title, selected, samples] of rows) {
      test(`by ${title} keeps the selected samples and their comments (${format})`, () => {
        const page = renderText(metrics, format)
        const text = Buffer.concat(whole(selectFrom(page, selected))).toString()
        const all = page.text.split('\n')
        const kept = all.filter((line) =>
          samples.some((name) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)),
        )
        assert.deepEqual(
          text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
          kept,
        )
        assert.deepEqual(
          [...new Set(readSamples(text).map(({ name }) => name))].sort(),
          [...samples].sort(),
        )
        assert.ok(text.split('\n').every((line) => all.includes(line)))
        assert.equal(text.endsWith('# EOF\n'), format === 'openmetrics')
        // As with the Python client, a part of a histogram is not a valid histogram.
        const parts = wait.filter((name) => samples.includes(name)).length
        if (parts === 0 || parts === wait.length) assert.deepEqual(faultsOf(text, format), [])
      })
    }

    test(`leaves a page without metrics unchanged (${format})`, () => {
      const page = renderText([], format)
      assert.equal(Buffer.concat(whole(selectFrom(page, names('a')))).toString(), page.text)
    })

    test(`returns the whole page for the names of all families (${format})`, () => {
      const page = renderText(metrics, format)
      const all = whole(selectFrom(page, new Set(page.families.map(({ name }) => name))))
      assert.deepEqual(all, partsOf(page))
    })
  }
})

function metric(given: Partial<Descriptor> & { name: string }, points: Point[]): Metric {
  const descriptor = {
    kind: 'gauge',
    unit: '',
    description: 'Help.',
    scope: 'app',
    ...given,
  } as const
  return { descriptor, points }
}
