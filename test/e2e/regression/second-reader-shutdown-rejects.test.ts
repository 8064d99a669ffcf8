// Bug: an application that called shutdown() of a cluster reader twice at once got a rejection.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixtures, nodeUnderTest, startProgram } from '../../support/programs/app.ts'

test('A reader that is shut down twice at once rejects neither call', {
  timeout: 60_000,
}, async () => {
  const { ended, stdout, stderr } = startProgram([nodeUnderTest, sdk('sdk-twice.cjs')], {})
  assert.deepEqual(await ended, { code: 0, signal: null }, stderr())
  assert.equal(stdout(), 'fulfilled,fulfilled\n')
})

function sdk(file: string): string {
  return join(fixtures, 'apps/sdk', file)
}
