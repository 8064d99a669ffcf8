import { createServer } from 'node:http2'

createServer((request, response) => {
  if (request.url.startsWith('/users/')) return response.end(`${request.url}\n`)
  response.writeHead(request.url === '/broken' ? 500 : 404).end()
}).listen(process.env.PORT ?? 8000)
