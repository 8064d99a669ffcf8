import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { guardSocketFile, removeSocketFile } from '../../../src/master/sockets/socket-file.ts'

interface Bench {
  readonly directory: string
  readonly path: string
  /** The other name of the file while the handle closes. */
  readonly spare: string
  readonly handle: { close: (...values: unknown[]) => unknown }
  /** The arguments of each close of the handle. */
  readonly closes: unknown[][]
  /** Files in the directory at each close of the handle. */
  readonly filesAtClose: string[][]
}

/** A guarded handle with a file. @param removes whether libuv removes the file at the close. */
function bench(
  context: TestContext,
  [isInherited, isShared, removes]: readonly [boolean, boolean, boolean],
): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'socket-file-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'socket')
  writeFileSync(path, 'ours')
  const closes: unknown[][] = []
  const filesAtClose: string[][] = []
  const handle = {
    close(...values: unknown[]): unknown {
      closes.push(values)
      filesAtClose.push(readdirSync(directory))
      if (removes && closes.length === 1) rmSync(path, { force: true })
      return 'closed'
    },
  }
  guardSocketFile(handle, { path, isInherited, isShared: () => isShared })
  return { ...{ directory, path, handle, closes, filesAtClose }, spare: `${path}.${process.pid}` }
}

describe('guardSocketFile', () => {
  for (const [title, handle, files] of [
    ['keeps the file of a bound socket with another master', [false, true, true], ['socket']],
    ['needs no second file when libuv keeps the file', [false, true, false], ['socket']],
    ['keeps the file of an inherited socket with another master', [true, true, false], ['socket']],
    ['lets libuv remove the file of a bound socket', [false, false, true], []],
    ['lets libuv keep the file of a bound socket', [false, false, false], ['socket']],
    ['removes the file of an inherited socket', [true, false, false], []],
  ] as const) {
    test(title, (context) => {
      const { directory, handle: guarded } = bench(context, handle)
      assert.equal(guarded.close('now'), 'closed')
      assert.deepEqual(readdirSync(directory), files)
    })
  }

  for (const handle of [
    [false, true, true],
    [true, true, false],
    [false, false, true],
    [true, false, false],
  ] as const) {
    test(`acts at the first close alone: ${handle}`, (context) => {
      const { path, handle: guarded, closes } = bench(context, handle)
      guarded.close('now')
      writeFileSync(path, 'of another program')
      assert.equal(guarded.close(), 'closed')
      assert.equal(readFileSync(path, 'utf8'), 'of another program')
      assert.deepEqual(closes, [['now'], []])
    })
  }

  test('gives a bound socket a second name only while the handle closes', (context) => {
    const { handle, filesAtClose, spare } = bench(context, [false, true, true])
    handle.close()
    assert.deepEqual(
      filesAtClose.map((files) => files.length),
      [2],
    )
    assert.ok(spare.endsWith(filesAtClose[0]?.[1] ?? 'missing'))
  })

  test('gives an inherited socket no second name', (context) => {
    const { handle, filesAtClose } = bench(context, [true, true, false])
    handle.close()
    assert.deepEqual(filesAtClose, [['socket']])
  })

  test('replaces an old file with the second name', (context) => {
    const { directory, path, spare, handle } = bench(context, [false, true, true])
    writeFileSync(spare, 'old')
    handle.close()
    assert.deepEqual(readdirSync(directory), ['socket'])
    assert.equal(readFileSync(path, 'utf8'), 'ours')
  })

  test('does not bring back an old file when the file of the socket is missing', (context) => {
    const { directory, path, spare, handle } = bench(context, [false, true, true])
    writeFileSync(spare, 'old')
    unlinkSync(path)
    handle.close()
    assert.deepEqual(readdirSync(directory), [])
  })

  test('finds the file after the process has changed its directory', (context) => {
    const { directory } = bench(context, [true, false, false])
    const before = process.cwd()
    context.after(() => process.chdir(before))
    process.chdir(directory)
    const handle = { close: () => 'closed' }
    guardSocketFile(handle, { path: 'socket', isInherited: true, isShared: () => false })
    mkdirSync('other')
    process.chdir('other')
    handle.close()
    assert.deepEqual(readdirSync(directory), ['other'])
  })
})

test('removeSocketFile ignores a file that is missing or cannot be removed', () => {
  removeSocketFile(join(tmpdir(), 'no-such-socket-file'))
  removeSocketFile(tmpdir())
})
