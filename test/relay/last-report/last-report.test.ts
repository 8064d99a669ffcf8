import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { relayLimits } from '../../../src/limits/relay.ts'
import { LastReports } from '../../../src/relay/last-report/last-report.ts'
import { workersDirectoryIn } from '../../support/crash-file/workers-directory.ts'

const parents: string[] = []

after(() => {
  for (const parent of parents) rmSync(parent, { recursive: true })
})

describe('LastReports', () => {
  test('returns the latest report of each worker, once', () => {
    const { reports } = prepared()
    reports.leave(1, 'first')
    reports.leave(1, 'second')
    reports.leave(2, 'other')
    assert.deepEqual(reports.take(1), { text: 'second' })
    assert.equal(reports.take(1), undefined)
    assert.deepEqual(reports.take(2), { text: 'other' })
  })

  test('writes nothing before a primary has prepared the directory', () => {
    const parent = newParent()
    const reports = new LastReports(workersDirectoryIn(parent))
    reports.leave(1, 'text')
    assert.deepEqual(readdirSync(parent), [])
    assert.equal(reports.take(1), undefined)
  })

  test('keeps the reports when the primary looks for the directory before a fork', () => {
    const { reports } = prepared()
    reports.leave(1, 'text')
    assert.equal(reports.prepare(), false)
    assert.deepEqual(reports.take(1), { text: 'text' })
  })

  test('makes the directory again after a cleaner has removed it', () => {
    const { reports, user } = prepared()
    rmSync(user, { recursive: true })
    reports.leave(1, 'lost')
    assert.equal(reports.prepare(), true)
    reports.leave(1, 'text')
    assert.deepEqual(reports.take(1), { text: 'text' })
  })

  test('leaves nothing where the primary removes the directory during the write', (context) => {
    const { reports } = prepared()
    const { renameSync } = fs
    context.mock.method(fs, 'renameSync', (from: string, to: string) => {
      reports.clear()
      renameSync(from, to)
    })
    syncBuiltinESMExports()
    try {
      reports.leave(1, 'text')
    } finally {
      context.mock.restoreAll()
      syncBuiltinESMExports()
    }
    assert.equal(reports.take(1), undefined)
  })

  test('removes the directory at the end of the primary', () => {
    const { reports, user } = prepared()
    reports.leave(1, 'text')
    reports.clear()
    assert.deepEqual(readdirSync(user), [])
  })
})

describe('LastReports does not trust', () => {
  test('a directory that other users may write to', () => {
    const { reports, user } = prepared()
    reports.leave(1, 'text')
    chmodSync(user, 0o777)
    assert.equal(reports.take(1), undefined)
    assert.throws(() => reports.leave(1, 'text'), /not a directory of this user alone/)
    assert.throws(() => reports.prepare(), /not a directory of this user alone/)
  })

  test('a file in place of the directory', () => {
    const { parent, user } = prepared()
    rmSync(user, { recursive: true })
    writeFileSync(user, '')
    assert.throws(() => new LastReports(workersDirectoryIn(parent)).prepare())
  })

  test('a pipe in place of a report, and does not wait for its writer', () => {
    const { reports, directory } = prepared()
    execFileSync('mkfifo', [join(directory, '1.report.json')])
    assert.equal(reports.take(1), undefined)
    assert.deepEqual(readdirSync(directory), [])
  })

  test('a report above relayLimits.reportChars', () => {
    const { reports, directory } = prepared()
    reports.leave(1, 'text')
    // The file has a hole: its size is above the limit, and the disk stores four bytes.
    truncateSync(join(directory, '1.report.json'), relayLimits.reportChars + 1)
    assert.equal(reports.take(1), undefined)
    assert.deepEqual(readdirSync(directory), [])
  })

  test('a directory in place of a report', () => {
    const { reports, directory } = prepared()
    mkdirSync(join(directory, '1.report.json'))
    assert.equal(reports.take(1), undefined)
  })
})

interface Prepared {
  readonly reports: LastReports
  readonly parent: string
  readonly user: string
  readonly directory: string
}

function prepared(): Prepared {
  const parent = newParent()
  const reports = new LastReports(workersDirectoryIn(parent))
  reports.prepare()
  const user = join(parent, String(readdirSync(parent)))
  return { reports, parent, user, directory: join(user, String(readdirSync(user))) }
}

function newParent(): string {
  const parent = mkdtempSync(join(tmpdir(), 'last-report-'))
  parents.push(parent)
  return parent
}
