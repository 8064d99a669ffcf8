import { createServer } from 'node:http'

createServer((request, response) => {
  if (request.url.startsWith('/users/')) return response.end(`${request.url}\n`)
  response.writeHead(request.url === '/broken' ? 500 : 404).end()
}).listen(process.env.PORT ?? 8000)

// PM2 stops and reloads a worker by SIGINT. An application that ends by itself loses no counts.
process.once('SIGINT', () => process.exit())
