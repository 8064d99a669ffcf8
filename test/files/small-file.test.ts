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

describe('A small file', () => {
  test('is read as text, also through a link', () => {
    writeFileSync(fresh('text'), 'größe\n')
    symlinkSync('text', fresh('link'))
    assert.equal(readSmall(fresh('text')), 'größe\n')
    assert.equal(readSmall(fresh('link')), 'größe\n')
  })

  test('may have filesLimits.fileBytes', () => {
    writeFileSync(fresh('largest'), '')
    truncateSync(fresh('largest'), filesLimits.fileBytes)
    assert.equal(readSmall(fresh('largest')).length, filesLimits.fileBytes)
  })

  const refused: Record<string, readonly [make: (path: string) => void, message: RegExp]> = {
    'the file is missing': [() => {}, /ENOENT.*the-file-is-missing/],
    'the path is a directory': [(path) => mkdirSync(path), /is not a regular file/],
    'the path is a pipe': [
      (path) => assert.equal(spawnSync('mkfifo', [path]).status, 0),
      /is not a regular file/,
    ],
    'the file is larger than filesLimits.fileBytes': [
      (path) => {
        writeFileSync(path, '')
        truncateSync(path, filesLimits.fileBytes + 1)
      },
      /is larger than 1048576 bytes/,
    ],
  }
  for (const [title, [make, message]] of Object.entries(refused)) {
    test(`is refused where ${title}`, () => {
      const path = fresh(title.replaceAll(' ', '-'))
      make(path)
      assert.throws(() => readSmall(path), message)
    })
  }
})

describe('A directory of authorities', () => {
  test('lists files and links to files by name, and no other entries', () => {
    const directory = fresh('directory')
    mkdirSync(join(directory, '..2026'), { recursive: true })
    writeFileSync(join(directory, '..2026', 'b'), 'b')
    symlinkSync('..2026', join(directory, '..data'))
    symlinkSync('..data/b', join(directory, 'b'))
    symlinkSync('nowhere', join(directory, 'c'))
    for (const name of ['e', 'a', 'd']) writeFileSync(join(directory, name), name)
    assert.deepEqual(
      filesIn(directory),
      ['a', 'b', 'd', 'e'].map((name) => join(directory, name)),
    )
  })

  test('is refused above filesLimits.authorityFiles entries', () => {
    const directory = fresh('crowded')
    mkdirSync(directory)
    writeFileSync(join(directory, '0'), '')
    const add = (name: number): void => linkSync(join(directory, '0'), join(directory, `${name}`))
    for (let count = 1; count < filesLimits.authorityFiles; count += 1) add(count)
    assert.equal(filesIn(directory).length, filesLimits.authorityFiles)
    add(filesLimits.authorityFiles)
    assert.throws(() => filesIn(directory), /more than 1000 entries/)
  })
})

describe('The stamp of a file', () => {
  const changes: Record<string, (path: string) => void> = {
    'another content': (path) => writeFileSync(path, 'longer'),
    'another modification time': (path) => utimesSync(path, 1, 1),
    'another file in its place': (path) => {
      writeFileSync(`${path}.new`, 'text')
      renameSync(`${path}.new`, path)
    },
    'the removal of the file': (path) => unlinkSync(path),
  }
  for (const [title, change] of Object.entries(changes)) {
    test(`changes with ${title}`, () => {
      const path = fresh(title.replaceAll(' ', '-'))
      writeFileSync(path, 'text')
      const before = stampOf([path])
      assert.equal(stampOf([path]), before)
      change(path)
      assert.notEqual(stampOf([path]), before)
    })
  }

  test('is the same for a missing file and a path below a file', () => {
    writeFileSync(fresh('plain'), '')
    for (const name of ['absent', 'plain/below'])
      assert.equal(stampOf([fresh(name)]), `${fresh(name)}\nnone`)
  })

  test('changes when a link leads to another file', () => {
    for (const name of ['one', 'two']) writeFileSync(fresh(name), 'text')
    symlinkSync('one', fresh('swapped'))
    const before = stampOf([fresh('swapped')])
    symlinkSync('two', fresh('swapped.new'))
    renameSync(fresh('swapped.new'), fresh('swapped'))
    assert.notEqual(stampOf([fresh('swapped')]), before)
  })
})

test('The digest of texts differs where any text, or the order, differs', () => {
  assert.equal(digestOf(['a', 'b']), digestOf(['a', 'b']))
  assert.notEqual(digestOf(['a', 'b']), digestOf(['ab', '']))
  assert.notEqual(digestOf(['a', 'b']), digestOf(['b', 'a']))
})
