// A plain clustered HTTP server without metrics. The preload observes it:
//
//   node --require gunicorn-prometheus-exporter/register examples/cluster.mjs
import cluster from 'node:cluster'
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
} else {
  createServer(answer).listen(port, host)
}

/** `/slow` takes 50 ms, `/fail` is 500, `/echo` returns the body. Unknown paths are 404. */
async function answer(request, response) {
  const [pathname] = request.url.split('?')
  if (pathname === '/') return response.end('hello\n')
  if (pathname === '/echo') return request.pipe(response)
  if (pathname === '/slow') {
    await sleep(50)
    return response.end('slow\n')
  }
  if (/^\/users\/\d+$/.test(pathname)) return response.end(JSON.stringify({ user: pathname }))
  response.statusCode = pathname === '/fail' ? 500 : 404
  response.end()
}
