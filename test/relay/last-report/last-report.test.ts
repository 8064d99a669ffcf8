import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { LastReports } from '../../../src/relay/last-report/last-report.ts'

const primaryPid = 4_711
const parents: string[] = []

after(() => {
  for (const parent of parents) rmSync(parent, { recursive: true })
})

describe('a last report', () => {
  test('is left once and taken once', () => {
    const { reports } = prepared()
    reports.leave(1, 'first')
    reports.leave(1, 'second')
    reports.leave(2, 'other')
    assert.equal(reports.take(1), 'second')
    assert.equal(reports.take(1), undefined)
    assert.equal(reports.take(2), 'other')
  })

  test('is not left where no primary has prepared for it', () => {
    const parent = newParent()
    const reports = new LastReports(parent, primaryPid)
    reports.leave(1, 'text')
    assert.deepEqual(readdirSync(parent), [])
    assert.equal(reports.take(1), undefined)
  })

  test('of an earlier process with the same pid is gone when the next one prepares', () => {
    const { reports } = prepared()
    reports.leave(1, 'stale')
    reports.prepare()
    assert.equal(reports.take(1), undefined)
  })

  test('goes with the primary', () => {
    const { reports, user } = prepared()
    reports.leave(1, 'text')
    reports.clear()
    assert.deepEqual(readdirSync(user), [])
  })
})

describe('what others may have put there', () => {
  test('a directory that they may write to is refused, by all sides', () => {
    const { reports, user } = prepared()
    reports.leave(1, 'text')
    chmodSync(user, 0o777)
    assert.equal(reports.take(1), undefined)
    assert.throws(() => reports.leave(1, 'text'), /not a directory of this user alone/)
    assert.throws(() => reports.prepare(), /not a directory of this user alone/)
  })

  test('a file in place of the directory is refused', () => {
    const { parent, user } = prepared()
    rmSync(user, { recursive: true })
    writeFileSync(user, '')
    assert.throws(() => new LastReports(parent, primaryPid).prepare())
  })

  test('a pipe in place of the report keeps nobody waiting', () => {
    const { reports, directory } = prepared()
    execFileSync('mkfifo', [join(directory, '1.report.json')])
    assert.equal(reports.take(1), undefined)
    assert.deepEqual(readdirSync(directory), [])
  })

  test('a directory in place of the report is no report', () => {
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
  const reports = new LastReports(parent, primaryPid)
  reports.prepare()
  const user = join(parent, String(readdirSync(parent)))
  return { reports, parent, user, directory: join(user, String(readdirSync(user))) }
}

function newParent(): string {
  const parent = mkdtempSync(join(tmpdir(), 'last-report-'))
  parents.push(parent)
  return parent
}
