import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Attributes } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { MeterProvider, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { PageRenderer } from '../../src/exposition/page-renderer.ts'
import { expositionLimits } from '../../src/limits/exposition.ts'
import { targetInfo } from '../../src/model/catalog/target-info.ts'
import type { Metric } from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import type { PageOptions } from '../../src/model/page/page-options.ts'
import { textPage } from '../support/exposition/render-text.ts'
import { collected, converted } from '../support/otel/otel.ts'
import { faultsOf, readSamples } from '../support/prometheus/exposition.ts'
import { parsePage, select } from '../support/prometheus/page.ts'

const resource = {
  'service.name': 'shop',
  'service.version': '1.2.3',
  'k8s.pod.name': 'shop-7',
  'host.name': 'a "quoted" host',
}
const formats = ['prometheus', 'openmetrics'] as const

/*
 * OTel's serializer is the oracle: the same metrics and options give the same labels.
 */

const optionSets: readonly PageOptions[] = [
  {},
  { withoutScopeInfo: true },
  { withoutTargetInfo: true },
  { prefix: 'acme' },
  { withResourceConstantLabels: '^service\\.' },
  { withResourceConstantLabels: 'pod' },
  { withResourceConstantLabels: '.*' },
  {
    prefix: 'acme_2',
    withResourceConstantLabels: '^(?:k8s|host)\\.',
    withoutScopeInfo: true,
    withoutTargetInfo: true,
  },
]

describe('A page has the series of OTel’s serializer', () => {
  for (const options of optionSets) {
    for (const format of formats) {
      test(`with ${JSON.stringify(options)} (${format})`, async () => {
        const data = await collected(measure)
        const page = rendered([...converted(data), targetInfo(resource)], options, format)
        assert.deepEqual(seriesOf(page), seriesOf(serialized(data, options)))
      })
    }
  }
})

function measure(provider: MeterProvider): void {
  const schemaUrl = 'https://opentelemetry.io/schemas/1.45.0'
  const meter = provider.getMeter('shop', '1.0.0', { schemaUrl })
  meter.createCounter('orders.taken').add(3, { kind: 'online' })
  meter.createHistogram('amount', { advice: { explicitBucketBoundaries: [1, 10] } }).record(5)
  provider.getMeter('other').createGauge('2nd.level').record(0.5, { code: 200 })
  provider.getMeter('third', undefined, { schemaUrl }).createUpDownCounter('baskets').add(2)
}

function serialized(data: ResourceMetrics, options: PageOptions): string {
  const { prefix, withResourceConstantLabels: pattern } = options
  const { withoutScopeInfo, withoutTargetInfo } = options
  const serializer = new PrometheusSerializer(
    prefix,
    false,
    pattern === undefined ? undefined : new RegExp(pattern),
    withoutTargetInfo,
    withoutScopeInfo,
  )
  return serializer.serialize({ ...data, resource: resourceFromAttributes(resource) })
}

function rendered(
  metrics: readonly Metric[],
  options: PageOptions,
  format: (typeof formats)[number] = 'prometheus',
): string {
  const { text } = textPage(new PageRenderer(options).render(metrics, format))
  assert.deepEqual(faultsOf(text, format), [])
  return text
}

/** Series without the order of labels. Both formats write bounds as numbers. */
function seriesOf(page: string): string[] {
  return readSamples(page)
    .map(({ name, labels, value }) => {
      const texts = labels.map(([label, text]) => [label, label === 'le' ? boundOf(text) : text])
      return JSON.stringify([name, texts.sort(), value])
    })
    .sort()
}

function boundOf(text: string): string {
  return text === '+Inf' ? text : String(Number(text))
}

function counter(attributes: Attributes, scope = 'app', name = 'orders'): Metric {
  const descriptor = { name, kind: 'counter', unit: '', description: '', scope } as const
  return { descriptor, points: [{ attributes, value: 1 }] }
}

describe('The prefix', () => {
  test('is not on metrics of this package', () => {
    const own = counter({}, ownScope, 'gunicorn_worker_requests_total')
    const page = rendered([own, counter({}), targetInfo(resource)], { prefix: 'acme' })
    const names = readSamples(page).map(({ name }) => name)
    assert.deepEqual(names.sort(), [
      'acme_orders_total',
      'gunicorn_worker_requests_total',
      'target_info',
    ])
  })

  test('makes no name of this package', () => {
    const own = counter({}, ownScope, 'gunicorn_worker_requests_total')
    const renderer = new PageRenderer({ prefix: 'gunicorn' })
    const metrics = [own, counter({}, 'app', 'worker.requests')]
    const { clashes } = textPage(renderer.render(metrics, 'prometheus'))
    assert.deepEqual(clashes, ['gunicorn_worker.requests'])
  })
})

describe('Labels of the resource', () => {
  const withResourceConstantLabels = '^(?:service|worker_id|otel|le|k8s)'

  test('do not replace labels of the series', () => {
    const given = { ...resource, worker_id: 'resource', le: 'resource', 'otel.scope.name': 'x' }
    const attributes = { worker_id: 'worker_1', service_name: 'own' }
    const page = rendered([counter(attributes), targetInfo(given)], { withResourceConstantLabels })
    const [series] = select(parsePage(page), 'orders_total')
    assert.deepEqual(series?.labels, {
      worker_id: 'worker_1',
      service_name: 'own',
      service_version: '1.2.3',
      k8s_pod_name: 'shop-7',
      exported_le: 'resource',
      otel_scope_name: 'app',
    })
  })

  test('are those of the series’ own instance', () => {
    const targets = targetInfo({ instance: 'a', 'service.name': 'shop' })
    const other = targetInfo({ instance: 'b', 'service.name': 'stock' })
    const sidecar = targetInfo({ 'service.name': 'sidecar' })
    const series = ['a', 'b', 'a database'].map((instance) => counter({ instance }))
    const page = rendered([...series, targets, other, sidecar], { withResourceConstantLabels })
    const labels = select(parsePage(page), 'orders_total').map((each) => [
      each.labels['instance'],
      each.labels['service_name'],
    ])
    assert.deepEqual(labels, [
      ['a', 'shop'],
      ['b', 'stock'],
      ['a database', 'sidecar'],
    ])
  })

  test('have at most expositionLimits.resourceLabelChars characters', () => {
    const { resourceLabelChars, resourceNameChars } = expositionLimits
    const long = 'x'.repeat(resourceLabelChars)
    const given = { [`k8s.${'n'.repeat(resourceNameChars)}`]: 'x', 'k8s.long': long, 'k8s.b': 'b' }
    const page = rendered([counter({}), targetInfo(given)], { withResourceConstantLabels })
    const [series] = select(parsePage(page), 'orders_total')
    assert.deepEqual(series?.labels, { k8s_b: 'b', otel_scope_name: 'app' })
  })

  test('change with the resource of an instance', () => {
    const renderer = new PageRenderer({ withResourceConstantLabels })
    const orders = counter({ instance: 'a' })
    const versions = ['1', '2'].map((version) => {
      const target = targetInfo({ instance: 'a', 'service.version': version })
      const { text } = textPage(renderer.render([orders, target], 'prometheus'))
      return select(parsePage(text), 'orders_total')[0]?.labels['service_version']
    })
    assert.deepEqual(versions, ['1', '2'])
  })
})

test('Without scope labels, equal counters of two scopes add up, and a second gauge counts', () => {
  const counters = ['one', 'two'].map((scope) => counter({}, scope))
  const gauges = counters.map(({ descriptor, points }) => ({
    descriptor: { ...descriptor, name: 'level', kind: 'gauge' as const },
    points,
  }))
  const renderer = new PageRenderer({ withoutScopeInfo: true })
  const { text, twins } = textPage(renderer.render([...counters, ...gauges], 'prometheus'))
  assert.deepEqual(faultsOf(text, 'prometheus'), [])
  const values = readSamples(text).map(({ name, labels, value }) => [name, labels, value])
  assert.deepEqual(values, [
    ['orders_total', [], 2],
    ['level', [], 1],
  ])
  assert.equal(twins, 1)
})

describe('The lines of one metric', () => {
  const base = { unit: '', description: 'Help.', scope: 'app' } as const
  const metrics: readonly Metric[] = [
    {
      descriptor: { ...base, name: 'orders', kind: 'counter' },
      points: [{ attributes: { shop: 'a' }, value: 3 }],
    },
    {
      descriptor: { ...base, name: 'orders.size', kind: 'histogram', bounds: [1] },
      points: [{ attributes: {}, value: { count: 2, sum: 3, counts: [1, 1] } }],
    },
    targetInfo(resource),
  ]

  test('are the same lines as on the page, with the options of the page', () => {
    const options = { prefix: 'acme', withResourceConstantLabels: '^service\\.name$' }
    const pages = new PageRenderer(options)
    const names = metrics.map(({ descriptor }) => pages.nameOf(descriptor))
    assert.deepEqual(names, ['acme_orders_total', 'acme_orders_size', 'target_info'])
    const lines = names.map((name) => pages.lines(metrics, name))
    const page = textPage(pages.render(metrics, 'prometheus')).text
    assert.equal(lines.join('').length, page.length)
    for (const each of lines) assert.ok(page.includes(each), each)
    assert.match(lines[0] ?? '', /^acme_orders_total\{.*service_name="shop".*\} 3$/m)
  })

  test('are selected by the names of samples, too', () => {
    const pages = new PageRenderer()
    assert.match(pages.lines(metrics, 'orders_size_bucket'), /^orders_size_bucket\{.*\} 2$/m)
    assert.doesNotMatch(pages.lines(metrics, 'orders_size_bucket'), /orders_size_sum/)
    for (const name of ['orders_size_buckets', 'order', 'none', '']) {
      assert.equal(pages.lines(metrics, name), '')
    }
  })
})
