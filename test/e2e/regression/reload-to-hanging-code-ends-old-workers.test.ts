// Bug: HUP ended the old workers before a new worker listened. No worker served when the new code
// hung at boot.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, withMaster } from '../../support/programs/master.ts'

const directory = mkdtempSync(join(tmpdir(), 'run-edges-'))

after(() => rmSync(directory, { recursive: true }))

test('The old workers serve on after HUP to code that hangs at boot', async () => {
  const file = join(directory, 'app.cjs')
  const good = `require('node:http').createServer((_, response) => response.end('good'))
    .listen(Number(process.env.PORT), '127.0.0.1')`
  writeFileSync(file, good)
  await withMaster({ file, options: ['--timeout', '1'] }, async (master) => {
    const [pid] = await master.serving(1)
    writeFileSync(file, 'for (;;);')
    master.signal('SIGHUP')
    await eventually(() => assert.ok(countLines(master.stderr(), 'WORKER TIMEOUT') >= 2))
    assert.equal((await get(master.port, '/')).body, 'good')
    assert.ok(master.workers().includes(pid ?? 0))
    writeFileSync(file, good.replaceAll('good', 'better'))
    await eventually(async () => assert.equal((await get(master.port, '/')).body, 'better'), 60_000)
  })
})
