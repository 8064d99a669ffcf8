import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Metric } from '../../src/model/metric.ts'
import { ClusterMetricProducer } from '../../src/sdk/cluster-metric-producer.ts'

const requests: Metric = {
  descriptor: descriptorOf(catalog.requests),
  points: [
    { attributes: { worker_id: 'worker_1_1700000000' }, value: 3 },
    { attributes: { worker_id: 'worker_2_1700000000' }, value: 4 },
  ],
}

test('ClusterMetricProducer adds the cluster to the metrics of a reader', async () => {
  const clusterMetricProducer = new ClusterMetricProducer({ metrics: () => [requests] })
  const reader = new PrometheusExporter({
    preventServerStart: true,
    metricProducers: [clusterMetricProducer],
  })
  const resource = resourceFromAttributes({ 'service.name': 'shop' })
  const provider = new MeterProvider({ resource, readers: [reader] })
  provider.getMeter('app').createCounter('own').add(1)
  const { resourceMetrics, errors } = await reader.collect()
  const text = new PrometheusSerializer().serialize(resourceMetrics)
  assert.deepEqual(errors, [])
  assert.equal(resourceMetrics.resource.attributes['service.name'], 'shop')
  assert.match(text, /^own_total\{otel_scope_name="app"\} 1$/m)
  for (const [worker, value] of [
    ['worker_1_1700000000', 3],
    ['worker_2_1700000000', 4],
  ]) {
    const series = `gunicorn_worker_requests_total{worker_id="${worker}",`
    assert.ok(text.includes(series), text)
    assert.match(text.split(series)[1] ?? '', new RegExp(`^[^\\n]*\\} ${value}\\n`))
  }
  await provider.shutdown()
})

test('ClusterMetricProducer returns a failed read as an error of the collection', async () => {
  const failure = new Error('no metrics')
  const producer = new ClusterMetricProducer({
    metrics: () => {
      throw failure
    },
  })
  const { resourceMetrics, errors } = await producer.collect()
  assert.deepEqual(errors, [failure])
  assert.deepEqual(resourceMetrics.scopeMetrics, [])
  const other = resourceFromAttributes({ a: 'b' })
  assert.equal(resourceMetrics.resource.merge(other), other)
})
