import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { describe, test } from 'node:test'
import { isPrimaryName, primaryName } from '../../../src/relay/last-report/primary-directory.ts'

describe('primaryName()', () => {
  const primary = { pid: 1, pidNamespace: 'a' }

  test('differs by pid, by pid namespace and by stream', () => {
    const names = [
      primaryName(primary),
      primaryName({ ...primary, pid: 2 }),
      primaryName({ ...primary, pidNamespace: 'b' }),
      primaryName({ ...primary, pidNamespace: '' }),
      primaryName(primary, 'sdk'),
    ]
    assert.equal(new Set(names).size, names.length)
    assert.ok(names.every(isPrimaryName))
  })

  test('uses the host name if the pid namespace is unknown', () => {
    const [unknown, host] = ['', hostname()].map((pidNamespace) =>
      primaryName({ ...primary, pidNamespace }),
    )
    assert.equal(unknown, host)
  })

  test('stays the same from version to version', () => {
    assert.equal(primaryName(primary), '1-ca978112ca1b')
    assert.equal(primaryName(primary, 'sdk'), '1-ca978112ca1b.sdk')
  })
})

describe('isPrimaryName()', () => {
  const rows: readonly [name: string, expected: boolean][] = [
    ['1', true],
    ['4711-ca978112ca1b', true],
    ['4711-ca978112ca1b.sdk', true],
    ['process-1', false],
    ['', false],
    ['4711-ca978112ca1', false],
    ['4711-ca978112ca1b.other', false],
  ]
  for (const [name, expected] of rows) {
    test(`returns ${expected} for '${name}'`, () => assert.equal(isPrimaryName(name), expected))
  }
})
