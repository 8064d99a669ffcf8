// A shop in Express. The code has no line about workers, and one file about metrics of its own
// (orders.js). `gunicorn-prometheus-exporter run` starts workers of this file:
//
//   PORT          8000
//   HOST          127.0.0.1; a container needs 0.0.0.0
//   DEMO_FAULTS   true adds routes below /demo that break workers. Not for public addresses.
import express from 'express'
import { faults } from './faults.js'
import { orders } from './orders.js'
import { page } from './page.js'
import { shop } from './shop.js'

const port = Number(process.env.PORT ?? 8000)
const host = process.env.HOST ?? '127.0.0.1'
const hasFaults = process.env.DEMO_FAULTS === 'true'

const app = express()
app.disable('x-powered-by')
app.get('/', (_request, response) => response.type('html').send(page({ hasFaults })))
app.get('/health', (_request, response) => response.json({ status: 'ok' }))
app.use('/orders', orders)
app.use(shop)
if (hasFaults) app.use('/demo', faults)
app.use((_request, response) => response.status(404).json({ error: 'There is no such page.' }))
app.use(answerError)

const server = app.listen(port, host)

// `run` closes the listening sockets. The application only closes what is its own.
process.once('SIGTERM', () => server.closeIdleConnections())

// biome-ignore lint/complexity/useMaxParams: Express finds an error handler by its four parameters.
function answerError(error, _request, response, next) {
  if (response.headersSent) return next(error)
  const status = error.status ?? 500
  response.status(status).json({ error: status < 500 ? error.message : 'The shop has failed.' })
}
