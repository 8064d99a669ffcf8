import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { HangFiles } from '../../src/hang-stacks/hang-files.ts'
import { encodeHang } from '../../src/hang-stacks/hang-message.ts'
import { hangStackLimits } from '../../src/limits/hang-stacks.ts'
import { LastReports } from '../../src/relay/last-report/last-report.ts'
import { workersDirectoryIn } from '../support/crash-file/workers-directory.ts'

const message = { pid: 4_711, stall: 1, seconds: 5, heldBy: 'work (/a.js:1:2)', stack: 'at work' }

let parent: string
let files: HangFiles
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'hang-files-'))
  files = new HangFiles(workersDirectoryIn(parent))
})
afterEach(() => rmSync(parent, { recursive: true }))

/** Makes the directory of the primary. @returns its path. */
function prepare(): string {
  const directory = workersDirectoryIn(parent)
  new LastReports(directory).prepare()
  return directory.path
}

describe('HangFiles', () => {
  test('reads the stack of a worker as often as asked, until it is removed', () => {
    prepare()
    files.write(3, encodeHang(message))
    assert.deepEqual(files.read(3, 4_711), { version: 1, ...message })
    assert.equal(files.read(3, null)?.stall, 1)
    files.write(3, encodeHang({ ...message, stall: 2 }))
    assert.equal(files.read(3, 4_711)?.stall, 2)
    files.remove(3)
    assert.equal(files.read(3, 4_711), undefined)
  })

  test('keeps workers apart', () => {
    prepare()
    files.write(3, encodeHang(message))
    assert.equal(files.read(4, 4_711), undefined)
  })

  test('refuses the file of another process', () => {
    prepare()
    files.write(3, encodeHang(message))
    assert.equal(files.read(3, 4_712), undefined)
  })

  test('writes nothing where no primary has prepared the directory', () => {
    files.write(3, encodeHang(message))
    assert.deepEqual(readdirSync(parent), [])
    assert.equal(files.read(3, 4_711), undefined)
  })

  test('refuses a damaged file, a large file, a link, and a directory of others', () => {
    const directory = prepare()
    const path = join(directory, '3.hang.json')
    writeFileSync(path, '{')
    assert.equal(files.read(3, null), undefined)
    writeFileSync(path, encodeHang(message).padEnd(hangStackLimits.fileBytes + 1))
    assert.equal(files.read(3, null), undefined)
    rmSync(path)
    writeFileSync(join(parent, 'other'), encodeHang(message))
    symlinkSync(join(parent, 'other'), path)
    assert.equal(files.read(3, null), undefined)
    files.write(3, encodeHang(message))
    assert.ok(files.read(3, null))
    chmodSync(directory, 0o777)
    assert.equal(files.read(3, null), undefined)
    assert.throws(() => files.write(3, encodeHang(message)), /is not a directory of this user/)
  })
})
