import express from 'express'

class OutOfStockError extends Error {}

const shop = express.Router()
shop.get('/items/:item', (request, response) => {
  response.json({ item: request.params.item })
})
shop.post('/orders', () => {
  throw new OutOfStockError('Nothing is left.')
})

const app = express()
app.use('/shop', shop)
app.use((_error, _request, response, _next) => {
  response.status(500).json({ error: 'The shop is broken.' })
})
app.listen(process.env.PORT ?? 8000)
