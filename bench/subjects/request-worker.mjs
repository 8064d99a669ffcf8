import cluster from 'node:cluster'

/*
 * request-server.mjs as the one worker of a cluster: what the primary is asked, its worker answers,
 * and tells of its own CPU time alone. The connections stay open, so that the primary has nothing
 * to do with the requests.
 */

cluster.setupPrimary({ exec: new URL('request-server.mjs', import.meta.url).pathname })
const worker = cluster.fork()
worker.on('message', (message) => process.send(message))
worker.on('exit', (code) => process.exit(code || 1))
process.on('message', (message) => worker.send(message))
