import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { CrashFiles } from '../../src/crash-file/store.ts'
import { crashFileLimits } from '../../src/limits/crash-file.ts'
import { prepared, source } from '../support/crash-file/worker-file.ts'
import { workersDirectoryIn } from '../support/crash-file/workers-directory.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('CrashFiles', () => {
  test('returns a file once, and removes it', async (context) => {
    const { files, path, directory } = await prepared(context)
    files.create(source)?.close()
    assert.equal(typeof files.take(1), 'object')
    assert.deepEqual(readdirSync(directory), [])
    symlinkSync('/etc/passwd', path)
    assert.equal(files.take(1), 'refused')
    assert.deepEqual(readdirSync(directory), [])
  })

  test('keeps the files if keepsFiles is true', async (context) => {
    const { parent } = await prepared(context)
    const files = new CrashFiles({ directory: workersDirectoryIn(parent), keepsFiles: true })
    files.create(source)?.close()
    assert.equal(typeof files.take(1), 'object')
    assert.equal(typeof files.take(1), 'object')
  })

  test('makes no file before a primary has prepared the directory', async (context) => {
    const parent = await temporaryDirectory(context)
    const files = new CrashFiles({ directory: workersDirectoryIn(parent), keepsFiles: false })
    assert.equal(files.create(source), undefined)
    assert.deepEqual(readdirSync(parent), [])
  })

  test('gives each file a seed of 32 random bits', async (context) => {
    const { files, path } = await prepared(context)
    const seeds = Array.from({ length: 40 }, () => {
      files.create(source)?.close()
      return readFileSync(path).readUInt32LE(12)
    })
    assert.equal(new Set(seeds).size, seeds.length)
    // For random bits, the probability of no such seed is one in 2 ** 40.
    assert.ok(seeds.some((seed) => seed >= 2 ** 31))
  })

  test('replaces a symbolic link, and does not follow it', async (context) => {
    const { files, path, parent } = await prepared(context)
    const victim = join(parent, 'victim')
    writeFileSync(victim, 'content')
    symlinkSync(victim, path)
    files.create(source)?.close()
    assert.equal(readFileSync(victim, 'utf8'), 'content')
  })
})

describe('CrashFiles.take()', () => {
  const rows: readonly [
    what: string,
    put: (path: string) => void,
    outcome: 'missing' | 'refused',
  ][] = [
    ['a missing file', () => {}, 'missing'],
    ['an empty file', (path) => writeFileSync(path, ''), 'missing'],
    ['a text', (path) => writeFileSync(path, 'GPXC'.repeat(100_000)), 'refused'],
    ['a pipe', (path) => execFileSync('mkfifo', [path]), 'refused'],
    ['a directory', (path) => mkdirSync(path), 'refused'],
    ['a link', (path) => symlinkSync('/etc/passwd', path), 'refused'],
    ['a file above crashFileLimits.crashFileBytes', longFile, 'refused'],
  ]
  for (const [what, put, outcome] of rows) {
    test(`returns '${outcome}' for ${what}`, async (context) => {
      const { files, path } = await prepared(context)
      put(path)
      assert.equal(files.take(1), outcome)
    })
  }
})

function longFile(path: string): void {
  writeFileSync(path, '')
  truncateSync(path, crashFileLimits.crashFileBytes + 1)
}
