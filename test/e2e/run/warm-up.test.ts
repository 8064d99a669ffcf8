import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { withWrittenProgram } from '../../support/programs/written-program.ts'

const entry = JSON.stringify(join(import.meta.dirname, '../../../dist/on-warm-up.cjs'))

/** A server that says whether the server is warm. @param warmUp the body of the function. */
function server(text: string, warmUp: string): string {
  return `
const { onWarmUp } = require(${entry})
let state = 'cold'
onWarmUp(async () => {
  ${warmUp}
  state = 'warm'
})
require('node:http')
  .createServer((_, response) => response.end('${text} ' + state))
  .listen(Number(process.env.PORT), '127.0.0.1')`
}

/** Waits for a file that the test writes: the test decides about the time. */
const waits = `
  const { existsSync } = require('node:fs')
  while (!existsSync(__dirname + '/go')) await new Promise((done) => setTimeout(done, 20))`

test('onWarmUp holds connections until the function succeeds', async () => {
  const text = server('old', '')
  await withWrittenProgram({ text, options: ['-w', '2'] }, async ({ master, release, write }) => {
    const answer = async (): Promise<string> => (await get(master.port, '/')).body
    await eventually(async () => assert.equal(await answer(), 'old warm'))
    release(server('new', `console.log('warming')\n${waits}`))
    master.signal('SIGHUP')
    await eventually(() => assert.equal(master.stdout().match(/warming/g)?.length, 2))
    for (let count = 0; count < 20; count += 1) assert.equal(await answer(), 'old warm')
    write('go', '')
    await eventually(async () => assert.equal(await answer(), 'new warm'))
  })
})

test('onWarmUp with an error fails the boot, and the old workers stay', async () => {
  const options = ['--boot-timeout', '3']
  await withWrittenProgram({ text: server('old', ''), options }, async ({ master, release }) => {
    await master.serving(1)
    release(server('new', "throw new Error('no database')"))
    master.signal('SIGHUP')
    await eventually(() => assert.match(master.stderr(), /The reload has failed/))
    assert.match(master.stderr(), /no database/)
    assert.equal((await get(master.port, '/')).body, 'old warm')
  })
})
