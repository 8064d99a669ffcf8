// Bug: HUP right after WINCH found the old workers still there and forked none. No worker served
// after they had left.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, withMaster } from '../../support/programs/master.ts'

test('New workers listen after HUP right behind WINCH', async () => {
  await withMaster({ options: ['-w', '2'] }, async (master) => {
    const before = await master.serving(2)
    master.signal('SIGWINCH')
    await eventually(() => assert.match(master.stderr(), /Handling signal: winch/))
    master.signal('SIGHUP')
    await eventually(() => assert.equal(countLines(master.stderr(), 'Booting worker'), 4))
    const pids = await master.serving(2)
    assert.ok(pids.every((pid) => !before.includes(pid)))
    assert.equal((await get(master.port, '/')).status, 200)
  })
})
