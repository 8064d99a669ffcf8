// Bug: the YAML package compared each key with all other keys of its map. A file of 1 MiB blocked
// the start for minutes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDocument } from '../../src/config/config-document.ts'

test('A YAML text with 100,000 keys is read, and its repeated key is found', {
  timeout: 60_000,
}, () => {
  const keys = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`)
  const reading = readDocument([...keys, 'k7: 2'].join('\n'))
  assert.ok(reading.kind === 'faults')
  assert.deepEqual(reading.faults, ['Map keys must be unique at line 100001, column 1'])
})
