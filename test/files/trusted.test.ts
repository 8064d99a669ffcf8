import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  fstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  assertOwned,
  assertTrusted,
  isTrusted,
  makeTrusted,
  userDirectory,
  userOfDirectory,
  withTrusted,
} from '../../src/files/trusted.ts'
import { needsProc, openDescriptors } from '../support/files/descriptors.ts'
import { withoutProc, withoutUserIds } from '../support/files/foreign-systems.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

const user = process.getuid?.() ?? 0
const needsRoot = user === 0 ? false : 'only root can give directories away'

describe('The directory of a user', () => {
  test('has the user id in its name', () => {
    const path = userDirectory('/parent')
    assert.equal(path, `/parent/gunicorn-prometheus-exporter-${user}`)
    assert.equal(userOfDirectory(path.slice('/parent/'.length)), user)
  })

  const names: Record<string, number | undefined> = {
    'gunicorn-prometheus-exporter-0': 0,
    'gunicorn-prometheus-exporter-12345': 12_345,
    'gunicorn-prometheus-exporter-user': Number.NaN,
    'gunicorn-prometheus-exporter-': undefined,
    'gunicorn-prometheus-exporter-1x': undefined,
    'gunicorn-prometheus-exporter-users': undefined,
    'other-prometheus-exporter-1234': undefined,
    '1': undefined,
  }
  for (const [name, expected] of Object.entries(names)) {
    test(`belongs to ${expected} where the name is ${name}`, () => {
      assert.equal(userOfDirectory(name), expected)
    })
  }
})

describe('An entry is trusted', () => {
  const cases: readonly (readonly [mode: number, uid: number, expected: boolean])[] = [
    [0o700, 5, true],
    [0o755, 5, true],
    [0o720, 5, false],
    [0o702, 5, false],
    [0o777, 5, false],
    [0o700, 6, false],
  ]
  for (const [mode, uid, expected] of cases) {
    const prefix = expected ? '' : 'not '
    test(`${prefix}with mode ${mode.toString(8)} and owner ${uid} for user 5`, () => {
      assert.equal(isTrusted({ uid, mode }, 5), expected)
    })
  }
})

describe('assertTrusted', () => {
  test('accepts a directory of this user alone', async (context) => {
    assertTrusted(await temporaryDirectory(context))
  })

  test('refuses a file, a link, a missing entry, and a public directory', async (context) => {
    const parent = await temporaryDirectory(context)
    const path = (name: string): string => join(parent, name)
    writeFileSync(path('file'), '', { mode: 0o600 })
    symlinkSync('.', path('link'))
    mkdirSync(path('open'))
    chmodSync(path('open'), 0o777)
    for (const name of ['file', 'link', 'open']) {
      assert.throws(() => assertTrusted(path(name)), /not a directory of this user alone/)
    }
    assert.throws(() => assertTrusted(path('missing')), /ENOENT/)
  })
})

describe('makeTrusted', () => {
  test('takes the right to write from other users, and changes no other mode', async (context) => {
    const parent = await temporaryDirectory(context)
    for (const [before, after] of [
      [0o777, 0o700],
      [0o720, 0o700],
      [0o702, 0o700],
      [0o755, 0o755],
    ] as const) {
      chmodSync(parent, before)
      makeTrusted(parent)
      assert.equal(statSync(parent).mode & 0o777, after)
    }
  })

  test('refuses a link', async (context) => {
    const parent = await temporaryDirectory(context)
    symlinkSync('.', join(parent, 'link'))
    assert.throws(() => makeTrusted(join(parent, 'link')), /ENOTDIR|ELOOP/)
  })

  test('refuses the directory of another user', { skip: needsRoot }, async (context) => {
    const parent = await temporaryDirectory(context)
    const path = join(parent, 'other')
    mkdirSync(path)
    chownSync(path, 12_345, 12_345)
    assert.throws(() => makeTrusted(path), /belongs to another user: 12345, not \d+/)
  })
})

describe('assertOwned', () => {
  test('accepts a directory of the user that others can write to', async (context) => {
    const path = await temporaryDirectory(context)
    chmodSync(path, 0o733)
    assertOwned(path)
    assertOwned(path, user)
  })

  test('refuses a file, a link and the directory of another user', async (context) => {
    const path = await temporaryDirectory(context)
    writeFileSync(join(path, 'file'), '')
    symlinkSync('.', join(path, 'link'))
    for (const name of ['file', 'link'])
      assert.throws(() => assertOwned(join(path, name)), /is not a directory of this user/)
    assert.throws(() => assertOwned(path, user + 1), /is not a directory of this user/)
  })
})

describe('withTrusted', () => {
  test('holds the directory open for the call', { skip: needsProc }, async (context) => {
    const parent = await temporaryDirectory(context)
    mkdirSync(join(parent, 'one'))
    writeFileSync(join(parent, 'one/own'), '')
    mkdirSync(join(parent, 'other'))
    const before = openDescriptors()
    withTrusted(join(parent, 'one'), ({ path, descriptor }) => {
      renameSync(join(parent, 'one'), join(parent, 'away'))
      renameSync(join(parent, 'other'), join(parent, 'one'))
      assert.deepEqual(readdirSync(path), ['own'])
      assert.equal(fstatSync(Number(descriptor)).ino, statSync(join(parent, 'away')).ino)
    })
    assert.throws(() => withTrusted(parent, () => assert.fail('the call fails')), /the call fails/)
    assert.equal(openDescriptors(), before)
  })

  test('gives the path itself without /proc', async (context) => {
    const parent = await temporaryDirectory(context)
    withoutProc(() => withTrusted(parent, ({ path }) => assert.equal(path, parent)))
  })
})

describe('A system without user ids', () => {
  test('has the same directory for each user', () => {
    assert.equal(
      withoutUserIds(() => userDirectory('/parent')),
      '/parent/gunicorn-prometheus-exporter-user',
    )
  })

  test('trusts each directory, and no file', async (context) => {
    const parent = await temporaryDirectory(context)
    writeFileSync(join(parent, 'file'), '')
    chmodSync(parent, 0o777)
    for (const assertDirectory of [assertTrusted, assertOwned]) {
      withoutUserIds(() => assertDirectory(parent))
      assert.throws(
        () => withoutUserIds(() => assertDirectory(join(parent, 'file'))),
        /file is not/,
      )
    }
  })

  test('has no mode to change, and no open directory', async (context) => {
    const parent = await temporaryDirectory(context)
    chmodSync(parent, 0o777)
    const given: unknown[] = []
    withoutUserIds(() => withTrusted(parent, (directory) => given.push(directory)))
    assert.deepEqual(given, [{ path: parent, descriptor: undefined }])
    assert.equal(statSync(parent).mode & 0o777, 0o777)
  })
})
