import { createServer } from 'node:http'
import { Worker } from 'node:worker_threads'
import { metrics } from '@opentelemetry/api'

const jobs = metrics.getMeter('primes').createHistogram('primes.job.duration', {
  unit: 's',
  advice: { explicitBucketBoundaries: [0.001, 0.01, 0.1, 1, 10] },
})
const thread = new Worker(new URL('./primes.js', import.meta.url))
const waiting = new Map()
let lastId = 0

thread.on('message', ({ id, result, seconds }) => {
  jobs.record(seconds)
  waiting.get(id)(result)
  waiting.delete(id)
})

/** The thread computes, so that this event loop stays free. */
function primesBelow(limit) {
  lastId += 1
  thread.postMessage({ id: lastId, limit })
  return new Promise((resolve) => waiting.set(lastId, resolve))
}

createServer(async (request, response) => {
  const [, limit] = /^\/primes\/(\d{1,7})$/.exec(request.url) ?? []
  if (limit === undefined) return response.writeHead(404).end()
  response.end(`${await primesBelow(Number(limit))}\n`)
}).listen(process.env.PORT ?? 8000)
