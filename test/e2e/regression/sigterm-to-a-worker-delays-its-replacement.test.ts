// Bug: a worker that got SIGTERM itself was replaced only after its end, and its end was not
// counted. The next fork counted instead.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

test('A worker that gets SIGTERM is replaced at once and finishes its requests', async () => {
  await withMaster({}, async (master) => {
    const [pid = 0] = await master.serving(1)
    const slow = get(master.port, '/slow')
    await eventually(async () => {
      assert.equal(sum(await master.page(), 'gunicorn_worker_requests_in_flight'), 1)
    })
    process.kill(pid, 'SIGTERM')
    await eventually(() => assert.equal(countLines(master.stderr(), 'Booting worker'), 2))
    assert.equal((await slow).body, String(pid))
    const ended = new RegExp(`\\[INFO\\] Worker \\(pid:${pid}\\) ended with code 0`)
    await eventually(() => assert.match(master.stderr(), ended))
    const [next] = await master.serving(1)
    assert.equal((await get(master.port, '/')).body, String(next))
    const name = 'gunicorn_master_worker_restarts_total'
    await eventually(async () => assert.equal(sum(await master.page(), name), 1))
    master.signal('SIGTTIN')
    await master.serving(2)
    assert.equal(sum(await master.page(), name), 1)
  })
})
