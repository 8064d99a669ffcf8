import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'

/* A process whose endpoint has a live page, and whose event loop can stand still now and then. */

/** The same work for each request, about 0.2 ms: a time would hide that a core is shared. */
const work = Buffer.alloc(200_000)
let timer

const server = createServer((_request, response) => {
  createHash('sha256').update(work).digest()
  response.end('hello')
})
server.keepAliveTimeout = 600_000

answer({
  ready: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address().port))
    }),
  /** Holds the event loop for so long, once a second. 0: never. */
  block(ms) {
    clearInterval(timer)
    if (ms > 0) timer = setInterval(spin, 1_000, ms)
  },
  /** Microseconds of the main thread; undefined before Node 23.9. */
  threadCpu() {
    const usage = process.threadCpuUsage?.()
    return usage && usage.user + usage.system
  },
})

function spin(ms) {
  const end = performance.now() + ms
  while (performance.now() < end);
}
