import assert from 'node:assert/strict'
import fc from 'fast-check'
import { acceptsGzip, contentTypes, negotiateFormat } from '../../../../src/exposition/negotiate.ts'
import { selectFrom, selectionOf } from '../../../../src/exposition/selection.ts'
import { add } from '../../../../src/model/merging/merged-value.ts'
import type { Attributes, Metric, Value } from '../../../../src/model/metric.ts'
import { ownScope } from '../../../../src/model/own-scope.ts'
import { whole } from '../../../../src/model/page/in-parts.ts'
import { encodeMetric, parseMetric } from '../../../../src/share/peers/encoded-metric.ts'
import { renderText } from '../../exposition/render-text.ts'
import { faultsOf, readSamples } from '../../prometheus/exposition.ts'
import { type FuzzTarget, fuzzTarget } from '../fuzz-target.ts'
import { oddMetrics } from '../odd-metrics.ts'
import { oddTexts } from '../odd-values.ts'

interface Input {
  readonly metrics: readonly Metric[]
  /** Any text in the labels of a series of our own. */
  readonly labels: readonly string[]
  readonly value: number
  readonly header: string
  readonly names: readonly string[]
}

const headerParts = fc.oneof(
  fc.constantFrom('application/openmetrics-text', 'text/plain', '*/*', 'gzip', 'identity', '*'),
  fc.constantFrom(
    ';q=',
    ';version=1.0.0',
    ';version=',
    ',',
    ';',
    '=',
    '"',
    ' ',
    '0.5',
    '1e9',
    'NaN',
  ),
  oddTexts,
)

const inputs: fc.Arbitrary<Input> = fc.record<Input>({
  metrics: oddMetrics,
  labels: fc.array(oddTexts, { minLength: 2, maxLength: 2 }),
  value: fc.double(),
  header: fc.array(headerParts, { maxLength: 12 }).map((parts) => parts.join('')),
  names: fc.array(fc.oneof(fc.constantFrom('orders_total', 'known_total'), oddTexts), {
    maxLength: 4,
  }),
})

/** Metrics to text and back, with the headers and the query of a scrape. */
export const expositionTarget: FuzzTarget = fuzzTarget({
  name: 'exposition',
  claim: 'the text of any metrics is valid, reads back as the same values, and can be selected',
  quickCases: 1_500,
  inputs,
  start: () => ({ check }),
})

function check({ metrics: given, labels, value, header, names }: Input): void {
  // The page shows what has passed a guard.
  const metrics = given.flatMap((metric) => {
    const parsed = parseMetric(JSON.parse(JSON.stringify(encodeMetric(metric))))
    return parsed ? [parsed] : []
  })
  const [one = '', other = ''] = labels
  const known = knownMetric({ one, other }, value)
  for (const format of ['prometheus', 'openmetrics'] as const) {
    const page = renderText([known, ...metrics], format)
    const text = Buffer.from(page.text).toString()
    assert.deepEqual(faultsOf(text, format), [])
    assertReadBack(text, { one, other }, value)
    assertPlainValues(text, metrics)
    const selection = selectionOf(new URLSearchParams(names.map(named)).toString())
    assert.ok(selection !== undefined)
    const part =
      selection === 'everything'
        ? page.text
        : Buffer.concat(whole(selectFrom(page, selection))).toString()
    const lines = new Set(page.text.split('\n'))
    assert.ok(part.split('\n').every((line) => lines.has(line)))
    assert.deepEqual(faultsOf(Buffer.from(part).toString(), format), [])
  }
  assert.ok(contentTypes[negotiateFormat(header)])
  assert.equal(typeof acceptsGzip(header), 'boolean')
  selectionOf(header)
}

function named(name: string): [string, string] {
  return ['name[]', name]
}

function knownMetric(attributes: Attributes, value: number): Metric {
  const shared = { unit: '', description: 'Known.', scope: ownScope }
  return {
    descriptor: { name: 'known', kind: 'gauge', ...shared },
    points: [{ attributes, value }],
  }
}

/** The labels and the value of a series come back, but for halves of characters. */
function assertReadBack(text: string, labels: Record<string, string>, value: number): void {
  const [sample] = readSamples(text).filter(({ name }) => name === 'known')
  assert.ok(sample)
  const expected = Object.entries(labels).map(([name, each]) => [
    name,
    Buffer.from(each).toString(),
  ])
  assert.deepEqual(sample.labels, expected)
  assert.ok(Object.is(sample.value, Object.is(value, -0) ? 0 : value), `${sample.line}: ${value}`)
}

/** No sample has a value that neither a metric has, nor a sum of values of one metric. */
function assertPlainValues(text: string, metrics: readonly Metric[]): void {
  const byName = new Map<string, number[]>()
  for (const { descriptor, points } of metrics) {
    const name = JSON.stringify([descriptor.scope, descriptor.name])
    const numbers = points.map(({ value }) => value).filter((value) => typeof value === 'number')
    byName.set(name, [...(byName.get(name) ?? []), ...numbers])
  }
  const numbers = new Set<Value>([...byName.values()].flatMap(sumsOf))
  const shown = readSamples(text).filter(({ labels, name }) => {
    const isPart = /_(?:bucket|sum|count)$/.test(name) || labels.some(([key]) => key === 'le')
    return name !== 'known' && !isPart
  })
  for (const { value, line } of shown) assert.ok(numbers.has(value), line)
}

/** The sums of all choices of values, which the page adds in this order. */
function sumsOf(values: readonly number[]): Value[] {
  const sums: Value[] = []
  for (const value of values) sums.push(value, ...sums.map((sum) => add(sum, value)))
  return sums
}
