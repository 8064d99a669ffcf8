import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { metrics } from '@opentelemetry/api'

// A process that ends by itself sends its last counts. The default of a signal sends nothing.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit())

if (cluster.isPrimary) {
  cluster.fork()
  cluster.fork()
} else {
  const orders = metrics.getMeter('shop').createCounter('orders')
  createServer((request, response) => {
    if (request.url.startsWith('/users/')) return response.end(`${request.url}\n`)
    if (request.method === 'POST' && request.url === '/orders') {
      orders.add(1, { payment: 'card' })
      return response.writeHead(201).end('ordered\n')
    }
    response.writeHead(request.url === '/broken' ? 500 : 404).end()
  }).listen(process.env.PORT ?? 8000)
}
