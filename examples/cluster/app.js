const cluster = require('node:cluster')
const { createServer } = require('node:http')

if (cluster.isPrimary) {
  cluster.fork()
  cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else {
  createServer((request, response) => {
    const [path] = request.url.split('?')
    if (path === '/crash') process.abort()
    if (path.startsWith('/users/')) return response.end(`${path}\n`)
    response.writeHead(path === '/broken' ? 500 : 404).end()
  }).listen(process.env.PORT ?? 8000)
}
