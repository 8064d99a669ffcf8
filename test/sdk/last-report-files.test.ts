import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { sdkFilesVariable } from '../../src/config/variables.ts'
import { parseWorkersDirectory } from '../../src/files/workers-directory.ts'
import { relayLimits } from '../../src/limits/relay.ts'
import { LastReportFiles } from '../../src/sdk/last-report-files.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('LastReportFiles', () => {
  test('makes the directory at a fork, and removes it at the stop', async (context) => {
    const { files, path } = await prepared(context)
    assert.ok(existsSync(join(path, 'owner.json')))
    files.stop()
    assert.equal(existsSync(path), false)
  })

  test('writes a missing identity again at the next fork', async (context) => {
    const { files, path } = await prepared(context)
    rmSync(join(path, 'owner.json'))
    files.prepareFork()
    assert.ok(existsSync(join(path, 'owner.json')))
  })

  test('makes a removed directory again, until the stop', async (context) => {
    const { files, path, clock } = await prepared(context)
    rmSync(path, { recursive: true })
    await clock.advance(relayLimits.directoryCheckMs)
    assert.ok(existsSync(join(path, 'owner.json')))
    files.stop()
    assert.equal(clock.pending, 0)
  })
})

async function prepared(context: TestContext) {
  const clock = new ManualClock()
  const files = new LastReportFiles(await temporaryDirectory(context), clock)
  context.after(() => files.stop())
  const variables = files.prepareFork()
  const directory = parseWorkersDirectory(variables[sdkFilesVariable], process.pid)
  return { files, clock, path: directory?.path ?? assert.fail('no directory') }
}
