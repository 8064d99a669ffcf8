import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'

/* Tells the moment, in Unix milliseconds, at which its server listens. */

const server = createServer((_request, response) => response.end('hello'))

answer({
  ready: () => true,
  listen: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(performance.timeOrigin + performance.now()))
    }),
})
