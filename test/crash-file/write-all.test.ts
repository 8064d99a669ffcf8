import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { writeAll } from '../../src/crash-file/write-all.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('writeAll()', () => {
  test('writes the bytes at the offset', async (context) => {
    const path = join(await temporaryDirectory(context), 'file')
    const file = openSync(path, 'w')
    context.after(() => closeSync(file))
    writeAll(file, Buffer.from('counts'), 2)
    writeAll(file, Buffer.from('--'), 0)
    assert.equal(readFileSync(path, 'utf8'), '--counts')
  })

  test('throws the error of the file system', async (context) => {
    const file = openSync(await temporaryDirectory(context), 'r')
    context.after(() => closeSync(file))
    assert.throws(() => writeAll(file, Buffer.from('a'), 0), { code: 'EBADF' })
  })

  test('throws if the file system takes a part of the bytes only', async (context) => {
    const path = join(await temporaryDirectory(context), 'file')
    const source = new URL('../../src/crash-file/write-all.ts', import.meta.url)
    const program = `
      import { openSync } from 'node:fs'
      import { writeAll } from '${source}'
      writeAll(openSync(process.argv[1], 'w'), new Uint8Array(65_536), 0)`
    // A limit for the size of files: Linux writes up to the limit.
    const limited = ['-c', 'ulimit -f 8 && exec "$@"', 'sh', process.execPath]
    const { stderr } = spawnSync('sh', [...limited, '--input-type=module', '-e', program, path])
    assert.match(String(stderr), /the file system has no room for the crash file/)
    assert.ok(statSync(path).size > 0)
  })
})
