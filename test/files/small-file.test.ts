import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { digestOf, filesIn, readSmall, stampOf } from '../../src/files/small-file.ts'
import { filesLimits } from '../../src/limits/files.ts'
import { scratchDirectory } from '../support/endpoint/certificates.ts'

const scratch = scratchDirectory()
const fresh = (name: string): string => join(scratch, name)

describe('a file', () => {
  test('is read as its text, through links too', () => {
    writeFileSync(fresh('text'), 'größe\n')
    symlinkSync('text', fresh('link'))
    assert.equal(readSmall(fresh('text')), 'größe\n')
    assert.equal(readSmall(fresh('link')), 'größe\n')
  })

  const refused: Record<string, readonly [make: (path: string) => void, message: RegExp]> = {
    'that is missing': [() => {}, /ENOENT.*missing/],
    'that is a directory': [(path) => mkdirSync(path), /is not a regular file/],
    'that is a pipe, and would not end': [
      (path) => assert.equal(spawnSync('mkfifo', [path]).status, 0),
      /is not a regular file/,
    ],
    'that is too large': [
      (path) => {
        writeFileSync(path, '')
        truncateSync(path, filesLimits.fileBytes + 1)
      },
      /is larger than 1048576 bytes/,
    ],
  }
  for (const [title, [make, message]] of Object.entries(refused)) {
    test(`${title} is refused`, () => {
      const path = fresh(title.replaceAll(' ', '-').replace('that-is-', ''))
      make(path)
      assert.throws(() => readSmall(path), message)
    })
  }
})

describe('a directory', () => {
  test('has its files and links to files, by name, and nothing else', () => {
    const directory = fresh('directory')
    mkdirSync(join(directory, '..2026'), { recursive: true })
    writeFileSync(join(directory, '..2026', 'b'), 'b')
    symlinkSync('..2026', join(directory, '..data'))
    symlinkSync('..data/b', join(directory, 'b'))
    symlinkSync('nowhere', join(directory, 'c'))
    writeFileSync(join(directory, 'a'), 'a')
    assert.deepEqual(filesIn(directory), [join(directory, 'a'), join(directory, 'b')])
  })

  test('of too many entries is refused', () => {
    const directory = fresh('crowded')
    mkdirSync(directory)
    writeFileSync(join(directory, '0'), '')
    for (let count = 1; count <= filesLimits.authorityFiles; count += 1) {
      linkSync(join(directory, '0'), join(directory, String(count)))
    }
    assert.throws(() => filesIn(directory), /more than 1000 entries/)
  })
})

describe('a stamp', () => {
  const changes: Record<string, (path: string) => void> = {
    'another text': (path) => writeFileSync(path, 'longer'),
    'another time': (path) => utimesSync(path, 1, 1),
    'another file in its place': (path) => {
      writeFileSync(`${path}.new`, 'text')
      renameSync(`${path}.new`, path)
    },
    'its end': (path) => unlinkSync(path),
  }
  for (const [title, change] of Object.entries(changes)) {
    test(`changes with ${title}`, () => {
      const path = fresh(title.replaceAll(' ', '-'))
      writeFileSync(path, 'text')
      const before = stampOf([path])
      assert.equal(stampOf([path]).text, before.text)
      assert.ok(before.changedAt > 0)
      change(path)
      assert.notEqual(stampOf([path]).text, before.text)
    })
  }

  test('of a link changes with where it leads', () => {
    for (const name of ['one', 'two']) writeFileSync(fresh(name), 'text')
    symlinkSync('one', fresh('swapped'))
    const before = stampOf([fresh('swapped')])
    symlinkSync('two', fresh('swapped.new'))
    renameSync(fresh('swapped.new'), fresh('swapped'))
    assert.notEqual(stampOf([fresh('swapped')]).text, before.text)
  })
})

test('texts have the same digest if they are the same, each for itself', () => {
  assert.equal(digestOf(['a', 'b']), digestOf(['a', 'b']))
  assert.notEqual(digestOf(['a', 'b']), digestOf(['ab', '']))
  assert.notEqual(digestOf(['a', 'b']), digestOf(['b', 'a']))
})
