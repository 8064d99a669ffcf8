import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { WorkersDirectory } from '../../../src/files/workers-directory.ts'
import { LastReports } from '../../../src/relay/last-report/last-report.ts'
import { leaveLastReport } from '../../../src/relay/last-report/leave-last-report.ts'
import { workersDirectoryIn } from '../../support/crash-file/workers-directory.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const forkNumber = 3

describe('leaveLastReport()', () => {
  test('writes a report to the directory', async (context) => {
    const { directory, reports, warnings, warn } = await prepared(context)
    leaveLastReport({ forkNumber, directory, warn })('text', false)
    assert.deepEqual(reports.take(forkNumber), { text: 'text' })
    assert.deepEqual(warnings, [])
  })

  test('writes nothing after the primary has ended', async (context) => {
    let ppid = 4_711
    const { directory, reports, warn } = await prepared(context)
    const leave = leaveLastReport({ forkNumber, directory, warn, parentPid: () => ppid })
    ppid = 1
    leave('text', false)
    assert.equal(reports.take(forkNumber), undefined)
    ppid = 4_711
    leave('text', false)
    assert.deepEqual(reports.take(forkNumber), { text: 'text' })
  })

  test('writes nothing without a directory for last reports', async (context) => {
    const { warn, warnings } = await prepared(context)
    leaveLastReport({ forkNumber, directory: undefined, warn })('text', false)
    assert.deepEqual(warnings, [])
  })

  test('warns if the report can be neither written nor sent', async (context) => {
    const { directory, warn, warnings } = await prepared(context)
    chmodSync(dirname(directory.path), 0o777)
    const leave = leaveLastReport({ forkNumber, directory, warn })
    leave('text', true)
    assert.deepEqual(warnings, [])
    leave('text', false)
    assert.equal(warnings.length, 1)
    assert.match(String(warnings), /^cannot write the last report of this worker: .*\/gunicorn-/)
  })
})

interface Prepared {
  readonly directory: WorkersDirectory
  readonly reports: LastReports
  readonly warnings: string[]
  readonly warn: (text: string) => void
}

async function prepared(context: TestContext): Promise<Prepared> {
  const directory = workersDirectoryIn(await temporaryDirectory(context))
  const reports = new LastReports(directory)
  reports.prepare()
  const warnings: string[] = []
  return { directory, reports, warnings, warn: (text) => warnings.push(text) }
}
