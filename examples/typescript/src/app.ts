import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { recordError, setRoute } from 'gunicorn-prometheus-exporter'

class OutOfStockError extends Error {}

createServer((request, response) => {
  try {
    answer(request, response)
  } catch (error) {
    recordError(request, error)
    response.writeHead(500).end('The shop is broken.\n')
  }
}).listen(process.env['PORT'] ?? 8000)

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, kind, name] = request.url?.split('/') ?? []
  if (kind === 'orders') throw new OutOfStockError('Nothing is left.')
  if (kind !== 'items' || name === undefined) {
    response.writeHead(404).end()
    return
  }
  // Without this line, each name would be a route of its own: a name is no id.
  setRoute(request, '/items/:name')
  response.end(`item ${name}\n`)
}
