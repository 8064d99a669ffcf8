import fc from 'fast-check'
import type {
  Attributes,
  Descriptor,
  ExponentialBuckets,
  ExponentialValue,
  HistogramValue,
  Metric,
  MetricKind,
  Point,
  Value,
} from '../../../src/model/metric.ts'
import { ownScope } from '../../../src/model/own-scope.ts'
import { oddNumbers, oddTexts } from './odd-values.ts'

/** Metrics that every guard accepts, with names, labels and values that no application has. */
export const oddMetrics: fc.Arbitrary<readonly Metric[]> = fc.array(metric(), { maxLength: 5 })

const counts = fc.oneof(
  fc.nat({ max: 1_000 }),
  fc.constantFrom(0, 1, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER),
)
const amounts = oddNumbers.map(Math.abs)

function metric(): fc.Arbitrary<Metric> {
  return fc
    .constantFrom<MetricKind>(
      'counter',
      'upDownCounter',
      'gauge',
      'histogram',
      'exponentialHistogram',
    )
    .chain((kind) => descriptor(kind).chain((described) => pointsOf(described)))
}

function descriptor(kind: MetricKind): fc.Arbitrary<Descriptor> {
  const names = fc.oneof(
    fc.constantFrom('orders', 'orders_total', 'orders_bucket', 'orders.count', 'Orders', 'x'),
    fc.constantFrom('gunicorn_worker_requests', 'gunicorn_workers', 'target_info', 'target', '_'),
    oddTexts,
  )
  const described = fc.record({
    name: names,
    kind: fc.constant(kind),
    unit: fc.oneof(fc.constantFrom('', '1', 's', 'By', 'ms/s', '{x}', '%', '/', '1/s'), oddTexts),
    description: oddTexts,
    scope: fc.oneof(fc.constantFrom('shop', ownScope, 'shop@1', '@', ''), oddTexts),
  })
  if (kind !== 'histogram') return described.map((each) => ({ ...each }))
  const bounds = fc.uniqueArray(oddNumbers, { maxLength: 6, comparator: 'SameValueZero' })
  return fc
    .tuple(described, bounds)
    .map(([each, found]) => ({ ...each, bounds: found.sort((one, other) => one - other) }))
}

function pointsOf(described: Descriptor): fc.Arbitrary<Metric> {
  const point: fc.Arbitrary<Point> = fc.record({ attributes, value: oddValueOf(described) })
  return fc
    .array(point, { maxLength: 4 })
    .map((points) => ({ descriptor: described, points: points.map((each) => ({ ...each })) }))
}

const labelNames = fc.oneof(
  fc.constantFrom('kind', 'le', 'instance', 'worker_id', 'exported_instance', 'otel_scope_name'),
  fc.constantFrom('a.b', 'a_b', 'a__b', '__name__', '1', 'quantile', 'job'),
  oddTexts,
)
const labelValues = fc.oneof(
  oddTexts,
  oddNumbers,
  fc.boolean(),
  fc.array(fc.oneof(oddTexts, fc.constant(null)), { maxLength: 3 }),
)
const attributes: fc.Arbitrary<Attributes> = fc
  .dictionary(labelNames, labelValues as fc.Arbitrary<string>, {
    maxKeys: 4,
    noNullPrototype: true,
  })
  .map((each) => ({ ...each }))

function oddValueOf({ kind, bounds = [] }: Descriptor): fc.Arbitrary<Value> {
  if (kind === 'counter') return amounts
  if (kind === 'histogram') return histogram(bounds.length + 1)
  return kind === 'exponentialHistogram' ? exponential : oddNumbers
}

function histogram(buckets: number): fc.Arbitrary<HistogramValue> {
  return fc
    .record({
      sum: oddNumbers,
      counts: fc.array(counts, { minLength: buckets, maxLength: buckets }),
    })
    .map((value) => ({ count: total(value.counts), sum: value.sum, counts: value.counts }))
}

const buckets: fc.Arbitrary<ExponentialBuckets> = fc.record({
  offset: fc.oneof(
    fc.integer({ min: -200, max: 200 }),
    fc.constantFrom(2 ** 31, -(2 ** 31), 2 ** 30, -(2 ** 30)),
  ),
  counts: fc.array(counts, { maxLength: 12 }),
})

const exponential: fc.Arbitrary<ExponentialValue> = fc
  .record({
    sum: oddNumbers,
    scale: fc.integer({ min: -10, max: 20 }),
    zeroCount: counts,
    positive: buckets,
    negative: fc.oneof(fc.constant({ offset: 0, counts: [] }), buckets),
    min: fc.option(oddNumbers, { nil: undefined }),
    max: fc.option(oddNumbers, { nil: undefined }),
  })
  .map((value) => ({
    ...value,
    positive: { ...value.positive },
    negative: { ...value.negative },
    count: value.zeroCount + total(value.positive.counts) + total(value.negative.counts),
  }))

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0)
}
