import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'
import { longestTurn } from '../support/longest-turn.mjs'

/*
 * How long the event loop stands still: in a single process at the first `listen()`, in a primary
 * at the first fork, in a worker at its `listen()`.
 */

if (cluster.isPrimary) {
  answer({
    ready: () => true,
    single: () => longestTurn(listen),
    primary: () => longestTurn(() => cluster.fork()),
    async worker() {
      const [worker] = Object.values(cluster.workers)
      worker.send('listen')
      const [, { turnMs }] = await once(cluster, 'message')
      return turnMs
    },
  })
} else {
  process.once('message', async () => process.send({ turnMs: await longestTurn(listen) }))
}

function listen() {
  createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
}
