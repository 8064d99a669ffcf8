import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'

/* A cluster that answers `hello`: shared-cluster.mjs WORKERS. Ready when all workers listen. */

const workers = Number(process.argv[2])

if (cluster.isPrimary) {
  answer({
    ready: () =>
      new Promise((resolve) => {
        let listening = 0
        cluster.on('listening', (_worker, { port }) => {
          listening += 1
          if (listening === workers) resolve(port)
        })
        for (let count = 0; count < workers; count += 1) cluster.fork()
      }),
  })
} else {
  createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
}
