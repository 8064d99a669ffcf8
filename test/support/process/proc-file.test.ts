import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { firstBytesOf } from '../../../src/support/process/proc-file.ts'

const skip = existsSync('/proc/self/stat') ? false : 'the system has no /proc'

test('A file of /proc is read whole, and at most up to the limit', { skip }, () => {
  assert.match(firstBytesOf('/proc/self/stat', 4_096).toString(), /^\d+ \(.*\n$/s)
  assert.equal(firstBytesOf('/proc/self/stat', 3).length, 3)
  assert.throws(() => firstBytesOf('/proc/self/no-such-file', 3), { code: 'ENOENT' })
})
