import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { WorkerAgent } from '../../../src/master/agent/worker-agent.ts'
import { FakeProcess } from '../../support/master/fake-process.ts'

// A single test: a drained agent closes each later server of the process.
test('ApplicationEnd delivers SIGTERM while an event stream is open, once', async (context) => {
  const worker = new FakeProcess()
  const settings = { beatMs: 0, keepAliveMs: 1_000, gracefulMs: 0, requests: 0 }
  new WorkerAgent(settings, worker.asProcess()).start()
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const answered = await fetch(`http://127.0.0.1:${port}`)
  context.after(async () => {
    server.closeAllConnections()
    server.close()
    await answered.text().catch(() => {})
  })
  worker.on('SIGTERM', () => void worker.events.push('SIGTERM'))
  worker.gets('RETIRE')
  assert.deepEqual(worker.events, ['CLOSED'])
  worker.gets('RELEASE')
  await new Promise((resolve) => setTimeout(resolve, 3 * masterLimits.drainCheckMs))
  assert.deepEqual(worker.events, ['CLOSED', 'SIGTERM'])
})
