const cluster = require('node:cluster')
const { createServer } = require('node:http')

// A cluster that replaces each ended worker. Under `run`, the master forks instead.
const workers = 4

if (cluster.isPrimary) {
  for (let fork = 0; fork < workers; fork += 1) cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else {
  createServer((request, response) => {
    request.resume()
    response.statusCode = request.url.startsWith('/fail') ? 500 : 200
    response.end('hello\n')
  }).listen(Number(process.env.PORT), '127.0.0.1')
}
