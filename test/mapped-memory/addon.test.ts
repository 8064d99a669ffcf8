import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readlinkSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { environment } from '../../src/config/environment.ts'
import {
  type MappedMemoryAddon,
  mappedMemoryAddon,
  mappedMemoryRefusal,
} from '../../src/mapped-memory/addon.ts'

/*
 * The addon in this process. Machines without the addon skip these tests.
 */

const addon = mappedMemoryAddon()
const bytes = 8_192
const directory = mkdtempSync(join(tmpdir(), 'mapped-memory-'))
after(() => rmSync(directory, { recursive: true }))

// A skipped test is easy to overlook in CI.
const skip = environment()['CI'] === 'true' ? false : (mappedMemoryRefusal() ?? false)

describe('Mapped memory', { skip }, () => {
  const { create, map } = addon as MappedMemoryAddon

  test('starts with zeros and has exactly the asked size', () => {
    const buffer = map(create(bytes), bytes)
    assert.equal(buffer.byteLength, bytes)
    assert.ok(new Uint8Array(buffer).every((value) => value === 0))
  })

  test('is one memory for each descriptor and each mapping', () => {
    const descriptor = create(bytes)
    const first = new Float64Array(map(descriptor, bytes))
    const opened = openSync(`/proc/${process.pid}/fd/${descriptor}`, 'r+')
    const second = new Float64Array(map(opened, bytes))
    closeSync(opened)
    first[7] = 1.5
    assert.equal(second[7], 1.5)
    second[8] = 2.5
    const read = new Float64Array(bytes / 8)
    assert.equal(readSync(descriptor, read, 0, bytes, 0), bytes)
    assert.deepEqual([...read.subarray(7, 9)], [1.5, 2.5])
  })

  test('keeps the counts of a process that is killed', async () => {
    const descriptor = create(bytes)
    const source = join(import.meta.dirname, '../../src/mapped-memory/addon.ts')
    const text = `
      import { openSync, writeSync } from 'node:fs'
      import { mappedMemoryAddon } from ${JSON.stringify(source)}
      const opened = openSync('/proc/${process.pid}/fd/${descriptor}', 'r+')
      const counts = new Float64Array(mappedMemoryAddon().map(opened, ${bytes}))
      for (let count = 0; count < 1_000_000; count += 1) counts[5] += 1
      process.kill(process.pid, 'SIGKILL')`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', text])
    const signal = await new Promise((resolve) => child.once('exit', (_, name) => resolve(name)))
    assert.equal(signal, 'SIGKILL')
    const read = new Float64Array(1)
    readSync(descriptor, read, 0, 8, 40)
    assert.equal(read[0], 1_000_000)
  })

  test('has a size that nobody can change', () => {
    const descriptor = create(bytes)
    const opened = openSync(`/proc/self/fd/${descriptor}`, 'r+')
    for (const size of [0, bytes / 2, bytes + 1]) {
      assert.throws(() => ftruncateSync(opened, size), { code: 'EPERM' }, String(size))
    }
    assert.equal(fstatSync(descriptor).size, bytes)
  })

  test('closes at exec, and has no name in a directory', () => {
    const descriptor = create(bytes)
    assert.match(readlinkSync(`/proc/self/fd/${descriptor}`), /^\/memfd:gunicorn-.*\(deleted\)$/)
    assert.equal(fstatSync(descriptor).nlink, 0)
  })

  test('refuses descriptors of something else, with the reason', () => {
    const path = join(directory, 'file')
    writeFileSync(path, new Uint8Array(bytes))
    const file = openSync(path, 'r+')
    const readOnly = openSync(`/proc/self/fd/${create(bytes)}`, 'r')
    const cases: readonly (readonly [descriptor: number, code: string])[] = [
      [file, 'EINVAL'],
      [openSync('/dev/null', 'r+'), 'EINVAL'],
      [999_999, 'EBADF'],
      [readOnly, 'EACCES'],
    ]
    for (const [descriptor, code] of cases) {
      assert.throws(() => map(descriptor, bytes), { code, message: new RegExp(`\\(${code}\\)$`) })
    }
  })

  test('refuses another size', () => {
    const descriptor = create(bytes)
    for (const size of [bytes - 1, bytes + 1, bytes / 2, 2 * bytes]) {
      assert.throws(() => map(descriptor, size), { message: 'the memory has another size' })
    }
  })

  test('refuses wrong arguments', () => {
    const wrong: readonly unknown[] = [0, -1, Number.NaN, 2 ** 31, '8192', undefined, {}]
    const descriptor = create(bytes)
    for (const value of wrong) {
      assert.throws(() => create(value as number), { message: /^create\(\) takes/ })
      assert.throws(() => map(descriptor, value as number), { message: /^map\(\) takes/ })
    }
    for (const value of [-1, Number.NaN, '1', undefined]) {
      assert.throws(() => map(value as number, bytes), /^Error: (map\(\) takes|F_GET_SEALS)/)
    }
  })

  test('leaves no descriptor open after a failed call', () => {
    const before = openSync('/dev/null', 'r')
    closeSync(before)
    assert.throws(() => create(2 ** 31))
    assert.throws(() => map(before, bytes), { code: 'EBADF' })
    const next = openSync('/dev/null', 'r')
    assert.equal(next, before)
  })
})
