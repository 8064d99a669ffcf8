import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'

/* Reports the time at which its server listens, Unix milliseconds. */

const server = createServer((_request, response) => response.end('hello'))

answer({
  ready: () => true,
  listen: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(performance.timeOrigin + performance.now()))
    }),
})
