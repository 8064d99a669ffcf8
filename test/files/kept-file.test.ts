import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { keepingFile } from '../../src/files/kept-file.ts'
import { asOtherUser, needsRoot, publicDirectory } from '../support/files/other-user.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('keepingFile', () => {
  test('brings back the file that the call removes', async (context) => {
    const directory = await temporaryDirectory(context)
    const path = join(directory, 'socket')
    writeFileSync(path, 'text')
    const { ino } = statSync(path)
    const result = keepingFile(path, () => {
      // The name is still there for the call.
      assert.equal(readFileSync(path, 'utf8'), 'text')
      rmSync(path)
      return 'result'
    })
    assert.equal(result, 'result')
    assert.deepEqual([readFileSync(path, 'utf8'), statSync(path).ino], ['text', ino])
    assert.deepEqual(readdirSync(directory), ['socket'])
  })

  test('leaves the file and no second name where the call removes nothing', async (context) => {
    const directory = await temporaryDirectory(context)
    writeFileSync(join(directory, 'socket'), 'text')
    keepingFile(join(directory, 'socket'), () => {})
    assert.deepEqual(readdirSync(directory), ['socket'])
  })

  test('makes no file where the file is missing', async (context) => {
    const directory = await temporaryDirectory(context)
    assert.equal(
      keepingFile(join(directory, 'socket'), () => 5),
      5,
    )
    assert.deepEqual(readdirSync(directory), [])
  })

  test('keeps the file, and not the spare of an earlier process', async (context) => {
    const directory = await temporaryDirectory(context)
    const path = join(directory, 'socket')
    writeFileSync(path, 'text')
    writeFileSync(`${path}.${process.pid}`, 'earlier')
    // The link is refused, and the file itself gets the spare name.
    keepingFile(path, () => assert.equal(existsSync(path), false))
    assert.equal(readFileSync(path, 'utf8'), 'text')
    assert.deepEqual(readdirSync(directory), ['socket'])
  })

  test('makes no file of the spare of an earlier process', async (context) => {
    const directory = await temporaryDirectory(context)
    const path = join(directory, 'socket')
    writeFileSync(`${path}.${process.pid}`, 'earlier')
    keepingFile(path, () => {})
    assert.deepEqual(readdirSync(directory), [])
  })

  test('leaves the file where the user cannot write', { skip: needsRoot }, (context) => {
    const directory = publicDirectory(context)
    chmodSync(directory, 0o755)
    const path = join(directory, 'socket')
    writeFileSync(path, 'text')
    asOtherUser(() => keepingFile(path, () => assert.throws(() => renameSync(path, `${path}2`))))
    assert.deepEqual(readdirSync(directory), ['socket'])
  })
})
