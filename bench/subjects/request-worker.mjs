import cluster from 'node:cluster'

/*
 * request-server.mjs as the only worker of a cluster. The primary passes each question to the
 * worker, and the worker answers with its own CPU time. The connections stay open, so the primary
 * takes no part in the requests.
 */

cluster.setupPrimary({
  exec: new URL('request-server.mjs', import.meta.url).pathname,
  args: process.argv.slice(2),
})
const worker = cluster.fork()
worker.on('message', (message) => process.send(message))
worker.on('exit', (code) => process.exit(code || 1))
process.on('message', (message) => worker.send(message))
