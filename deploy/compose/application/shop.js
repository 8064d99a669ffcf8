// Pages to read: with parameters, slow, wrong.
import { setTimeout as sleep } from 'node:timers/promises'
import { Router } from 'express'

export const products = new Map(
  ['tea', 'coffee', 'cocoa', 'mate', 'rooibos'].map((name, index) => [
    index + 1,
    { id: index + 1, name, price: 3 + index },
  ]),
)

export const shop = Router()

shop.get('/products', (_request, response) => response.json([...products.values()]))

shop.get('/products/:id', (request, response) => {
  const product = products.get(Number(request.params.id))
  if (product) response.json(product)
  else response.status(404).json({ error: 'There is no such product.' })
})

/** Most searches are fast, some take long: the shape that quantiles show. */
shop.get('/search', async (request, response) => {
  await sleep(5 + 400 * Math.random() ** 6)
  const wanted = String(request.query.q ?? '')
  response.json([...products.values()].filter((product) => product.name.includes(wanted)))
})

/** Waits for a database that is not there, then computes. */
shop.get('/reports/:year', async (request, response) => {
  await sleep(150 + 350 * Math.random())
  const end = performance.now() + 15
  let sum = 0
  while (performance.now() < end) sum += Math.sqrt(sum + 1)
  response.json({ year: request.params.year, sum: Math.round(sum) })
})

shop.get('/reviews/:id', () => {
  throw new TypeError('The reviews of this product are broken.')
})

shop.get('/stock/:id', async () => {
  await sleep(20)
  throw Object.assign(new Error('The warehouse does not answer.'), { status: 503 })
})
