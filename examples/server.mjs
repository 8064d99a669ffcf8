// A plain HTTP server of one process. `run` makes a cluster of it:
//
//   npx gunicorn-prometheus-exporter run --workers 4 examples/server.mjs
import { createServer } from 'node:http'

const port = Number(process.env.PORT ?? 8000)

createServer((_request, response) => {
  response.end(`hello from ${process.pid}\n`)
}).listen(port, '127.0.0.1')
