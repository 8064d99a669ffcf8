import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { guardSocketFile, removeSocketFile } from '../../../src/master/sockets/socket-file.ts'

for (const [title, isInherited, isShared, survives] of [
  ['keeps the file of a bound socket that another master shares', false, true, true],
  ['keeps the file of an inherited socket that another master shares', true, true, true],
  ['leaves the file of a bound socket to libuv', false, false, false],
  ['removes the file of an inherited socket', true, false, false],
] as const) {
  test(`guardSocketFile ${title}`, (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'socket-file-'))
    context.after(() => rmSync(directory, { recursive: true, force: true }))
    const path = join(directory, 'socket')
    writeFileSync(path, '')
    const closes: unknown[][] = []
    const handle = {
      // libuv removes the file of a socket that it has bound.
      close: (...values: unknown[]): unknown => {
        closes.push(values)
        if (!isInherited && closes.length === 1) unlinkSync(path)
        return 'closed'
      },
    }
    guardSocketFile(handle, { path, isInherited, isShared: () => isShared })
    assert.equal(handle.close('now'), 'closed')
    assert.equal(existsSync(path), survives)
    assert.deepEqual(readdirSync(directory), survives ? ['socket'] : [])
    writeFileSync(path, '')
    assert.equal(handle.close(), 'closed')
    assert.equal(existsSync(path), true)
    assert.deepEqual(closes, [['now'], []])
  })
}

test('removeSocketFile ignores a file that is missing or cannot be removed', () => {
  removeSocketFile(join(tmpdir(), 'no-such-socket-file'))
  removeSocketFile(tmpdir())
})
