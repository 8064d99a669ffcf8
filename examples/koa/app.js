import Router from '@koa/router'
import Koa from 'koa'

class OutOfStockError extends Error {}

const shop = new Router({ prefix: '/shop' })
shop.get('/items/:item', (context) => {
  context.body = { item: context.params.item }
})
shop.post('/orders', () => {
  throw new OutOfStockError('Nothing is left.')
})

const app = new Koa()
app.silent = true
app.use(shop.routes())
app.listen(process.env.PORT ?? 8000)
