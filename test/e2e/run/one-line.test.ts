import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import type { Master } from '../../support/programs/master.ts'
import { withWrittenProgram } from '../../support/programs/written-program.ts'

/** Ignores SIGTERM, throws at `/throw`, and blocks its event loop at `/hang`. */
const text = `process.on('SIGTERM', () => setInterval(() => {}, 1_000))
require('node:http').createServer((request, response) => {
  if (request.url === '/hang') for (;;);
  if (request.url === '/throw') setImmediate(() => { throw new Error('on purpose') })
  response.end(String(process.pid))
}).listen(Number(process.env.PORT), '127.0.0.1')
`

/** What ends a worker. */
const ends: Readonly<Record<string, (master: Master, pid: number) => void>> = {
  'a crash': ({ port }) => void get(port, '/throw').catch(() => {}),
  'a hang': ({ port }) => void get(port, '/hang').catch(() => {}),
  'SIGKILL from elsewhere': (_, pid) => void process.kill(pid, 'SIGKILL'),
  'SIGKILL after the graceful timeout': ({ signal }) => signal('SIGHUP'),
  'a graceful end': (_, pid) => void process.kill(pid, 'SIGQUIT'),
}

describe('The log has one line about', { concurrency: 2 }, () => {
  for (const [title, end] of Object.entries(ends)) {
    test(title, async () => {
      const options = ['-w', '1', '--timeout', '2', '--graceful-timeout', '1']
      const level = ['--log-level', 'debug']
      await withWrittenProgram({ text, options: [...options, ...level] }, async ({ master }) => {
        const [pid = 0] = await master.serving(1)
        end(master, pid)
        await eventually(() => assert.ok(!master.workers().includes(pid)))
        await master.serving(1)
        // A second line would be in the log before the end of the master.
        master.signal('SIGQUIT')
        await master.ended
        const lines = master.stderr().split('\n')
        const told = lines.filter((line) => line.includes(`(pid:${pid}) ended`))
        assert.equal(told.length, 1, told.join('\n'))
      })
    })
  }
})
