// Bug: a master gave up, because its workers did not boot, and killed a worker that hung. The death
// had the reason `quit`, although no process had sent QUIT.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withMaster } from '../../support/programs/master.ts'

test('The worker of a master that gives up has the reason halt', async () => {
  await withMaster({ file: 'run/boot-hang.cjs', options: ['-w', '2'] }, async (master) => {
    assert.deepEqual(await master.ended, { code: 3, signal: null })
    assert.match(master.stderr(), /ended: halt \(forced, SIGKILL\)/)
    assert.doesNotMatch(master.stderr(), /quit/)
  })
})
