import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { randomBytes, randomHex } from '../../../src/support/process/node-crypto.ts'

const source = join(import.meta.dirname, '../../../src/support/process/node-crypto.ts')

test('randomBytes() returns other bytes at each call', () => {
  const values = Array.from({ length: 100 }, () => randomHex(16))
  assert.equal(new Set(values).size, values.length)
  assert.ok(values.every((value) => /^[\da-f]{32}$/.test(value)))
  assert.equal(randomBytes(5).length, 5)
})

test('randomBytes() needs no device: the permission model can refuse the device', () => {
  const text = `
    const { randomHex } = await import(${JSON.stringify(source)})
    const isLoaded = process.moduleLoadList.includes('NativeModule crypto')
    console.log(randomHex(16), isLoaded, process.moduleLoadList.includes('NativeModule crypto'))
  `
  const root = join(import.meta.dirname, '../../..')
  const printed = (flags: readonly string[]): string =>
    execFileSync(process.execPath, [...flags, '--input-type=module', '-e', text], {
      encoding: 'utf8',
    })
  assert.match(printed([]), /^[\da-f]{32} false false\n$/)
  const refused = ['--permission', `--allow-fs-read=${root}`]
  assert.match(printed(refused), /^[\da-f]{32} false true\n$/)
})
