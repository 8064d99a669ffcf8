import { serve } from '@hono/node-server'
import { Hono } from 'hono'

class OutOfStockError extends Error {}

const shop = new Hono()
shop.get('/items/:item', (context) => context.json({ item: context.req.param('item') }))
shop.post('/orders', () => {
  throw new OutOfStockError('Nothing is left.')
})

const app = new Hono()
app.route('/shop', shop)
app.onError((_error, context) => context.json({ error: 'The shop is broken.' }, 500))

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8000) })
