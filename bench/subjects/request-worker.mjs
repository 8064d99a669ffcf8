import cluster from 'node:cluster'

/*
 * A program of this folder as the only worker of a cluster: request-worker.mjs PROGRAM ARGUMENTS.
 * The primary passes each question to the worker, and the worker answers with its own CPU time. The
 * connections stay open, so the primary takes no part in the requests.
 */

const [program, ...args] = process.argv.slice(2)
cluster.setupPrimary({ exec: new URL(program, import.meta.url).pathname, args })
const worker = cluster.fork()
worker.on('message', (message) => process.send(message))
worker.on('exit', (code) => process.exit(code || 1))
process.on('message', (message) => worker.send(message))
