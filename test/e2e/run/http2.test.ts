import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { http2Load } from '../../support/programs/http2-load.ts'
import { countLines, withMaster } from '../../support/programs/master.ts'

const workers = 2
const sessions = 8
const reloads = 4
/** Requests between two signals. */
const requests = 1_000

test('run replaces HTTP/2 workers at HUP without a failed request', async (context) => {
  const options = ['-w', String(workers)]
  await withMaster({ file: 'run/http2.cjs', options }, async (master) => {
    await master.serving(workers)
    const load = http2Load(master.port, sessions)
    for (let reload = 1; reload <= reloads; reload += 1) {
      const old = master.workers()
      const before = load.completed()
      await eventually(() => assert.ok(load.completed() >= before + requests), 60_000)
      master.signal('SIGHUP')
      // Without GOAWAY, the sessions go on, and the old workers end at the graceful timeout.
      await eventually(() => assert.ok(old.every((pid) => !master.workers().includes(pid))), 20_000)
      await master.serving(workers)
    }
    const { completed, failures } = await load.stop()
    context.diagnostic(`${reloads} signals, ${completed} requests, ${failures.length} failed`)
    assert.deepEqual(failures, [])
    const killed = countLines(master.stderr(), 'Worker (pid:') - reloads * workers
    assert.equal(killed, 0, master.stderr())
  })
})
