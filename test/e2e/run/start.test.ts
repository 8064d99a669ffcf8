import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { countLines, withMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

test('The log names each address of the application once, and the page', async (context) => {
  const directory = await temporaryDirectory(context)
  const socket = join(directory, 'app.sock')
  const options = { file: 'run/addresses.cjs', options: ['-w', '3'], env: { SOCKET: socket } }
  await withMaster(options, async (master) => {
    const old = await master.serving(3)
    const addresses = [`127.0.0.1:${master.port}`, `[::1]:${master.port}`, `unix:${socket}`]
    await eventually(() => {
      for (const address of addresses) {
        assert.equal(countLines(master.stderr(), `Listening at: ${address}`), 1)
      }
    })
    const page = `http://127.0.0.1:${master.metricsPort}/metrics`
    assert.equal(master.stderr().split(page).length - 1, 1, master.stderr())
    // Workers of a reload listen on the same addresses.
    master.signal('SIGHUP')
    await eventually(() => {
      assert.ok(old.every((pid) => !master.workers().includes(pid)))
    }, 60_000)
    assert.equal(countLines(master.stderr(), 'Listening at: '), 3)
  })
})

const slowStart = `
module.exports.onStarting = async () => {
  console.log('migrating')
  await new Promise((done) => setTimeout(done, 700))
  console.log('migrated')
}
module.exports.preFork = () => console.log('fork')
`

async function writtenHooks(context: TestContext, source: string): Promise<string> {
  const hooks = join(await temporaryDirectory(context), 'hooks.cjs')
  writeFileSync(hooks, source)
  return hooks
}

test('The first fork waits for the promise of on_starting', async (context) => {
  const hooks = await writtenHooks(context, slowStart)
  await withMaster({ options: ['--hooks', hooks] }, async (master) => {
    await master.serving(1)
    assert.deepEqual(master.stdout().trim().split('\n').slice(0, 3), [
      'migrating',
      'migrated',
      'fork',
    ])
  })
})

test('A promise of on_starting that stays open delays the start only', async (context) => {
  const hooks = await writtenHooks(context, 'exports.on_starting = () => new Promise(() => {})')
  await withMaster({ options: ['--hooks', hooks] }, async (master) => {
    await master.serving(1)
    const text = 'The hook on_starting has not ended after 5 s'
    assert.equal(countLines(master.stderr(), text), 1)
    const lines = master.stderr()
    assert.ok(lines.indexOf(text) < lines.indexOf('Booting worker'), lines)
  })
})

test('TERM during on_starting ends the master without a fork', async (context) => {
  const hooks = await writtenHooks(context, 'exports.on_starting = () => new Promise(() => {})')
  await withMaster({ options: ['--hooks', hooks] }, async (master) => {
    await eventually(() => assert.equal(countLines(master.stderr(), 'Starting, pid'), 1), 30_000)
    master.signal('SIGHUP')
    await eventually(() => {
      assert.match(master.stderr(), /Ignored: the hook on_starting still runs/)
    })
    master.signal('SIGTERM')
    assert.deepEqual(await master.ended, { code: 0, signal: null })
    assert.equal(countLines(master.stderr(), 'Booting worker'), 0)
  })
})
