import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const file = join(import.meta.dirname, '../../../src/master/agent/application-call.ts')

test('callApplication() turns an error of the application into an uncaught exception', () => {
  const program = `
    import { callApplication } from ${JSON.stringify(file)}
    process.on('uncaughtException', (error, origin) => console.log(origin, error.message))
    callApplication(() => console.log('called'))
    callApplication(() => { throw new Error('of the application') })
    console.log('went on')
  `
  const flags = ['--input-type=module-typescript', '--eval', program]
  const { stdout, status } = spawnSync(process.execPath, flags, { encoding: 'utf8' })
  assert.equal(stdout, 'called\nwent on\nuncaughtException of the application\n')
  assert.equal(status, 0)
})
