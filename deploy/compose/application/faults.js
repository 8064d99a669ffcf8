// FOR THE DEMO ONLY: routes that break a worker, so that dashboards and alerts have something to
// show. server.js adds them only with DEMO_FAULTS=true. A real application has no such routes.
import { setTimeout as sleep } from 'node:timers/promises'
import { Router } from 'express'

const maxBlockSeconds = 60
const signals = new Map([
  ['reload', 'SIGHUP'],
  ['more', 'SIGTTIN'],
  ['fewer', 'SIGTTOU'],
])

export const faults = Router()

/** The worker dies of an uncaught error. */
faults.post('/crash', (_request, response) => {
  response.json({ fault: 'crash' })
  setImmediate(() => {
    throw new Error('demo: an uncaught error')
  })
})

/** The worker ends by itself, with a code. */
faults.post('/exit', (_request, response) => {
  response.json({ fault: 'exit' })
  setImmediate(() => process.exit(3))
})

/** The worker dies at once, as after the kernel's out-of-memory killer. */
faults.post('/kill', () => process.kill(process.pid, 'SIGKILL'))

/** The heap grows until Node.js gives up. */
faults.post('/heap', async (_request, response) => {
  response.json({ fault: 'heap' })
  const kept = []
  for (;;) {
    kept.push(Array.from({ length: 200_000 }, (_, index) => ({ index })))
    await sleep(10)
  }
})

/** The event loop stands still. With more seconds than `--timeout`, the master kills the worker. */
faults.post('/block', (request, response) => {
  const seconds = Math.min(Number(request.query.seconds ?? 5) || 0, maxBlockSeconds)
  const end = performance.now() + 1_000 * seconds
  while (performance.now() < end);
  response.json({ fault: 'block', seconds })
})

/** Sends a signal to the master: reload, more, fewer. */
faults.post('/master/:action', (request, response) => {
  const signal = signals.get(request.params.action)
  if (!signal) return response.status(404).json({ error: 'reload, more or fewer' })
  process.kill(process.ppid, signal)
  response.json({ signal })
})
