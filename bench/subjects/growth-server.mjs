import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { answer } from '../support/answer.mjs'

/*
 * A server whose routes are the paths of the requests: `/ok/…` answers 200, `/failed/…` 500. It
 * runs with the preload, and without.
 */

const { setRoute } = createRequire(import.meta.url)('../../dist/index.cjs')
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  setRoute(request, request.url)
  if (request.url.startsWith('/failed/')) response.statusCode = 500
  response.end('hello')
})

answer({
  ready: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address().port))
    }),
})
