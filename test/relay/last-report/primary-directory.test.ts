import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { describe, test } from 'node:test'
import { userDirectory } from '../../../src/files/trusted.ts'
import {
  chooseWorkersDirectory,
  parsePrimaryName,
  primaryName,
} from '../../../src/relay/last-report/primary-directory.ts'
import { ownProcessIdentity } from '../../../src/support/process/process-identity.ts'
import { withoutUserIds } from '../../support/files/foreign-systems.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const token = '0123456789abcdef0123456789abcdef'

describe('primaryName()', () => {
  const primary = { pid: 1, pidNamespace: 'a' }

  test('differs by pid, by pid namespace, by token and by stream', () => {
    const names = [
      primaryName(primary, { token }),
      primaryName({ ...primary, pid: 2 }, { token }),
      primaryName({ ...primary, pidNamespace: 'b' }, { token }),
      primaryName({ ...primary, pidNamespace: '' }, { token }),
      primaryName(primary, { token: token.replace('0', '1') }),
      primaryName(primary, { token, stream: 'sdk' }),
    ]
    assert.equal(new Set(names).size, names.length)
    assert.ok(names.every(parsePrimaryName))
  })

  test('uses the host name if the pid namespace is unknown', () => {
    const [unknown, host] = ['', hostname()].map((pidNamespace) =>
      primaryName({ ...primary, pidNamespace }, { token }),
    )
    assert.equal(unknown, host)
  })

  test('stays the same from version to version', () => {
    assert.equal(primaryName(primary, { token }), `1-acf3e40c292c-${token}`)
    assert.equal(primaryName(primary, { token, stream: 'sdk' }), `1-acf3e40c292c-${token}.sdk`)
  })
})

describe('parsePrimaryName()', () => {
  const rows: readonly [name: string, pid: number, isRefreshed: boolean][] = [
    ['1', 1, false],
    ['4711-ca978112ca1b', 4_711, false],
    ['4711-ca978112ca1b.sdk', 4_711, false],
    [`4711-ca978112ca1b-${token}`, 4_711, true],
    [`4711-ca978112ca1b-${token}.sdk`, 4_711, true],
  ]
  for (const [name, pid, isRefreshed] of rows) {
    test(`reads '${name}'`, () => {
      assert.deepEqual(parsePrimaryName(name), { pid, isNear: false, isRefreshed })
    })
  }

  for (const name of [
    'process-1',
    '',
    '4711-ca978112ca1',
    '4711-ca978112ca1b.other',
    `4-${token}`,
  ]) {
    test(`returns undefined for '${name}'`, () => assert.equal(parsePrimaryName(name), undefined))
  }

  test('recognises the pid namespace of this process', () => {
    const name = primaryName(ownProcessIdentity(), { token })
    assert.deepEqual(parsePrimaryName(name), { pid: process.pid, isNear: true, isRefreshed: true })
  })
})

describe('chooseWorkersDirectory()', () => {
  test('returns another name at each call', async (context) => {
    const parent = await temporaryDirectory(context)
    const names = Array.from({ length: 20 }, () =>
      basename(chooseWorkersDirectory(parent).directory.path),
    )
    assert.equal(new Set(names).size, names.length)
    for (const name of names) {
      // 32 digits, so that no process can try all names.
      assert.match(name, new RegExp(`^${process.pid}-[\\da-f]{12}-[\\da-f]{32}$`))
    }
  })

  test('opens the directory to workers of other users for root only', async (context) => {
    const parent = await temporaryDirectory(context)
    const { isOpen, user } = chooseWorkersDirectory(parent).directory
    assert.equal(isOpen, process.getuid?.() === 0)
    assert.equal(user, process.getuid?.() ?? null)
    const other = withoutUserIds(() => chooseWorkersDirectory(parent).directory)
    assert.deepEqual([other.isOpen, other.user], [false, null])
  })

  test('marks the directory of a stream', async (context) => {
    const { directory } = chooseWorkersDirectory(await temporaryDirectory(context), 'sdk')
    assert.match(directory.path, /\.sdk$/)
  })

  test('tells why the directory is not in the parent', async (context) => {
    const parent = await temporaryDirectory(context)
    assert.equal(chooseWorkersDirectory(parent).problem, undefined)
    writeFileSync(userDirectory(parent), '')
    assert.match(String(chooseWorkersDirectory(parent).problem), /another user can write to/)
  })
})
