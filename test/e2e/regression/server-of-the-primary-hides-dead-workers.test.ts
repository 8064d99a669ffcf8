// Bug: a primary with a server of its own was ready while its workers hung, and after they died.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { probe, sendUnanswered, workersStatus } from '../../support/programs/hang.ts'

test('A primary with a server of its own is not ready without a worker that listens', async () => {
  const app = await startApp({ file: 'apps/hanging/admin.cjs' })
  try {
    const port = await app.ready()
    await eventually(async () => assert.equal((await probe(app, '/readyz'))[0], 200))
    const pid = await eventually(async () => {
      const { workers } = await workersStatus(app)
      const worker = workers.find((each) => each.pid !== app.child.pid)
      assert.ok(worker?.listening, JSON.stringify(workers))
      return worker.pid
    })
    sendUnanswered(port, '/hang')
    const hangs = [503, 'No worker listens: 0 of 1 workers. Hanging: 1.']
    await eventually(async () => assert.deepEqual(await probe(app, '/readyz'), hangs))
    process.kill(pid, 'SIGKILL')
    const dead = [503, 'No worker listens: 0 of 1 workers.']
    await eventually(async () => assert.deepEqual(await probe(app, '/readyz'), dead))
  } finally {
    await app.stop()
  }
})
