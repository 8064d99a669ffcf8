import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'
import { forkWorkers } from '../support/bare-workers.mjs'

/* A cluster that answers `hello`: shared-cluster.mjs WORKERS. Ready when all workers listen. */

if (cluster.isPrimary) answer({ ready: () => forkWorkers(Number(process.argv[2])) })
else createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
