import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'

/*
 * A bare clustered server with two workers that reports memory and CPU time of each process. A
 * worker reports at SIGUSR2: an IPC listener would no longer be a bare worker.
 */

const workerCount = 2

if (cluster.isPrimary) lead()
else work()

function lead() {
  const waiting = new Map()
  cluster.on('message', (worker, { rss, heapUsed, cpu }) => {
    if (rss !== undefined) waiting.get(worker.id)?.({ rss, heapUsed, cpu })
  })
  const ask = (worker) =>
    new Promise((resolve) => {
      waiting.set(worker.id, resolve)
      worker.process.kill('SIGUSR2')
    })

  answer({
    ready: () =>
      new Promise((resolve) => {
        let listening = 0
        cluster.on('listening', (_worker, { port }) => {
          listening += 1
          if (listening === workerCount) resolve(port)
        })
        for (let count = 0; count < workerCount; count += 1) cluster.fork()
      }),
    async memory() {
      const workers = await Promise.all(Object.values(cluster.workers).map(ask))
      return { primary: memory(), workers }
    },
    async usage() {
      const workers = await Promise.all(Object.values(cluster.workers).map(ask))
      return { primary: memory().cpu, workers: workers.map(({ cpu }) => cpu) }
    },
  })
}

function work() {
  createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  process.on('SIGUSR2', () => process.send(memory()))
}

function memory() {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return { rss, heapUsed, cpu: user + system }
}
