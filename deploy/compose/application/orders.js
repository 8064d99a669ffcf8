// Orders with bodies, and the application's own metrics. The exporter shows them beside its own,
// as one sum over all workers.
import { metrics } from '@opentelemetry/api'
import express, { Router } from 'express'
import { products } from './shop.js'

const meter = metrics.getMeter('demo-shop')
const placed = meter.createCounter('shop.orders', { description: 'Orders that were placed.' })
const values = meter.createHistogram('shop.order.value', {
  description: 'Value of an order.',
  unit: 'EUR',
  advice: { explicitBucketBoundaries: [5, 10, 20, 50, 100] },
})

const limitBytes = 64 * 1024
const maxQuantity = 20

export const orders = Router()

orders.use(express.json({ limit: limitBytes }))

orders.post('/', (request, response) => {
  const { product: id, quantity } = request.body ?? {}
  const product = products.get(id)
  if (!product || !(Number.isInteger(quantity) && quantity > 0 && quantity <= maxQuantity)) {
    return response.status(422).json({ error: 'An order has a product and a quantity.' })
  }
  const value = quantity * product.price
  placed.add(1, { product: product.name })
  values.record(value)
  response.status(201).json({ product: product.name, quantity, value })
})
