import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { metrics } from '@opentelemetry/api'

if (cluster.isPrimary) {
  cluster.fork()
  cluster.fork()
} else {
  serve()
}

function serve() {
  const meter = metrics.getMeter('shop')
  const orders = meter.createCounter('orders', { description: 'Orders by payment.' })
  const value = meter.createHistogram('order.value', {
    unit: 'EUR',
    advice: { explicitBucketBoundaries: [10, 100] },
  })
  const carts = meter.createUpDownCounter('carts.open')
  const queue = []
  meter.createObservableGauge('queue.length').addCallback((gauge) => gauge.observe(queue.length))

  createServer((request, response) => {
    const [, kind, id] = request.url.split('/')
    if (request.method !== 'POST' || id === undefined) return response.writeHead(404).end()
    if (kind === 'carts') carts.add(1)
    if (kind === 'orders') {
      orders.add(1, { payment: 'card' })
      value.record(Number(id))
      carts.add(-1)
      queue.push(id)
    }
    response.writeHead(201).end()
  }).listen(process.env.PORT ?? 8000)
}
