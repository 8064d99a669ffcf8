import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get as request } from 'node:http'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, type Master } from '../../support/programs/master.ts'
import { withWrittenProgram } from '../../support/programs/written-program.ts'
import { sum } from '../../support/prometheus/page.ts'

/** Answers with its pid, and streams events at `/events` until the client goes. */
const text = `require('node:http').createServer((request, response) => {
  if (request.url !== '/events') return response.end(String(process.pid))
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(() => response.write('data: 1\\n\\n'), 100)
  response.on('close', () => clearInterval(timer))
}).listen(Number(process.env.PORT), '127.0.0.1')
`

async function withStream(
  options: readonly string[],
  act: (master: Master) => Promise<void>,
): Promise<void> {
  await withWrittenProgram({ text, options }, async ({ master }) => {
    await master.serving(2)
    const stream = request({ port: master.port, path: '/events', host: '127.0.0.1' })
    stream.on('error', () => {})
    const [response] = await once(stream, 'response')
    response.on('error', () => {})
    response.resume()
    try {
      await act(master)
    } finally {
      stream.destroy()
    }
  })
}

for (const graceful of ['30', '0']) {
  describe(`WINCH, with a graceful timeout of ${graceful} s and an open stream,`, () => {
    for (const [signal, count] of [
      ['SIGHUP', 2],
      ['SIGTTIN', 1],
    ] as const) {
      test(`is over at ${signal}, and no connection is refused`, async () => {
        await withStream(['-w', '2', '--graceful-timeout', graceful], async (master) => {
          const old = master.workers()
          master.signal('SIGWINCH')
          await eventually(async () => {
            const page = await master.page()
            assert.equal(sum(page, 'gunicorn_master_workers', { state: 'configured' }), 0)
            assert.ok(old.some((pid) => !master.workers().includes(pid)))
          })
          // The connection waits for the next worker.
          const waiting = get(master.port, '/')
          master.signal(signal)
          assert.equal((await waiting).status, 200)
          assert.equal(countLines(master.stderr(), 'Booting worker with pid'), 2 + count)
          const { body } = await get(master.port, '/')
          assert.ok(!old.includes(Number(body)))
          // The worker with the stream still lives.
          assert.ok(old.some((pid) => master.workers().includes(pid)))
        })
      })
    }
  })
}
