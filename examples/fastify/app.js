import Fastify from 'fastify'

class OutOfStockError extends Error {}

async function shop(routes) {
  routes.get('/items/:item', async (request) => ({ item: request.params.item }))
  routes.post('/orders', async () => {
    throw new OutOfStockError('Nothing is left.')
  })
}

const app = Fastify()
app.register(shop, { prefix: '/shop' })
await app.listen({ port: process.env.PORT ?? 8000 })
