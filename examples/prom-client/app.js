import express from 'express'
import { Counter, collectDefaultMetrics, register } from 'prom-client'

collectDefaultMetrics()
const orders = new Counter({ name: 'orders_total', help: 'Orders.', labelNames: ['payment'] })

const app = express()
app.get('/users/:user', (request, response) => {
  response.json({ user: request.params.user })
})
app.post('/orders', (_request, response) => {
  orders.inc({ payment: 'card' })
  response.status(201).json({})
})
app.get('/metrics', async (_request, response) => {
  response.type(register.contentType).send(await register.metrics())
})
app.listen(process.env.PORT ?? 8000)
