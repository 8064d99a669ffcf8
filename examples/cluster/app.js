const cluster = require('node:cluster')
const { createServer } = require('node:http')

if (cluster.isPrimary) {
  cluster.fork()
  cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else {
  createServer((request, response) => {
    if (request.url.startsWith('/users/')) return response.end(`${request.url}\n`)
    response.writeHead(request.url === '/broken' ? 500 : 404).end()
  }).listen(process.env.PORT ?? 8000)
}
