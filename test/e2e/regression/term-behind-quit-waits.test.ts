// Bug: the old master of an upgrade ignored TERM behind QUIT and waited on for requests. A second
// TERM, INT, or QUIT must end the master at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { pidIn, startUpgradable } from '../../support/programs/upgrade.ts'
import { sum } from '../../support/prometheus/page.ts'

test('The old master waits for requests after QUIT and ends at TERM', async (context) => {
  const { master, pidFile } = await startUpgradable(context)
  await master.serving(4)
  const never = get(master.port, '/never').catch(() => {})
  await eventually(async () => {
    assert.equal(sum(await master.page(), 'gunicorn_worker_requests_in_flight'), 1)
  })
  const old = master.child.pid
  master.child.kill('SIGUSR2')
  await eventually(async () => assert.notEqual(await pidIn(pidFile), old))
  master.child.kill('SIGQUIT')
  await eventually(() => {
    assert.equal(master.stderr().match(/ended with code 0 \(usr2\)/g)?.length, 3)
  })
  master.child.kill('SIGTERM')
  await eventually(() => assert.equal(master.child.exitCode, 0))
  await never
})
