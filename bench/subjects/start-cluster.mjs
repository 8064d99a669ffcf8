import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'
import { askWorkers, cpu, forkWorkers, tellAtSignal } from '../support/bare-workers.mjs'

/*
 * A bare clustered server with two workers that reports memory and CPU time of each process.
 */

if (cluster.isPrimary) lead()
else work()

function lead() {
  answer({
    ready: () => forkWorkers(2),
    memory: async () => ({ primary: memory(), workers: await askWorkers() }),
    async usage() {
      const workers = await askWorkers()
      return { primary: cpu(), workers: workers.map((worker) => worker.cpu) }
    },
  })
}

function work() {
  createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  tellAtSignal(memory)
}

function memory() {
  const { rss, heapUsed } = process.memoryUsage()
  return { rss, heapUsed, cpu: cpu() }
}
