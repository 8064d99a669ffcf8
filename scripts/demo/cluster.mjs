/* The application of the demo: a plain clustered HTTP server without metrics. */

import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const workers = Number(process.env.WORKERS ?? 2)
const port = Number(process.env.PORT ?? 8000)
const host = '127.0.0.1'

if (cluster.isPrimary) {
  for (let count = 0; count < workers; count += 1) cluster.fork()
  cluster.on('exit', (worker) => {
    if (!worker.exitedAfterDisconnect) cluster.fork()
  })
  process.on('SIGHUP', reload)
} else {
  createServer(answer).listen(port, host)
}

/** Replaces one worker after another. */
async function reload() {
  for (const worker of Object.values(cluster.workers)) {
    await once(cluster.fork(), 'listening')
    worker.disconnect()
  }
}

/** `/slow` takes 50 ms, `/block` blocks the event loop, `/echo` returns the body. */
async function answer(request, response) {
  const [pathname] = request.url.split('?')
  if (pathname === '/') return response.end('hello\n')
  if (pathname === '/echo') return request.pipe(response)
  if (pathname === '/slow') {
    await sleep(50)
    return response.end('slow\n')
  }
  if (pathname === '/block') return response.end(block(12_000))
  if (/^\/users\/\d+$/.test(pathname)) return response.end(JSON.stringify({ user: pathname }))
  response.statusCode = pathname === '/fail' ? 500 : 404
  response.end()
}

/** A loop that never waits: the worker answers nothing else, and cannot report. */
function block(milliseconds) {
  const end = Date.now() + milliseconds
  while (Date.now() < end);
  return 'blocked\n'
}
