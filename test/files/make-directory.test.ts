import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { makeDirectory } from '../../src/files/make-directory.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('makeDirectory', () => {
  test('makes the directories above, too, for this user alone', async (context) => {
    const parent = await temporaryDirectory(context)
    makeDirectory(join(parent, 'a/b'))
    for (const name of ['a', 'a/b']) {
      assert.equal(statSync(join(parent, name)).mode & 0o777, 0o700)
    }
  })

  test('leaves an existing entry as it is', async (context) => {
    const parent = await temporaryDirectory(context)
    writeFileSync(join(parent, 'file'), 'text')
    makeDirectory(join(parent, 'file'))
    assert.ok(statSync(join(parent, 'file')).isFile())
  })

  test('throws where no directory can be made', async (context) => {
    const parent = await temporaryDirectory(context)
    writeFileSync(join(parent, 'file'), 'text')
    assert.throws(() => makeDirectory(join(parent, 'file/below')), /ENOTDIR/)
    assert.throws(() => makeDirectory('/proc/1/gunicorn/below'), /ENOENT|EACCES|EPERM/)
  })
})
