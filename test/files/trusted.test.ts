import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { makeDirectory } from '../../src/files/make-directory.ts'
import {
  assertTrusted,
  isTrusted,
  makeTrusted,
  userDirectory,
  userOfDirectory,
} from '../../src/files/trusted.ts'
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

describe('makeDirectory', () => {
  test('makes the directories above, too, for this user alone', async (context) => {
    const parent = await temporaryDirectory(context)
    makeDirectory(join(parent, 'a/b'))
    for (const name of ['a', 'a/b']) {
      assert.equal(statSync(join(parent, name)).mode & 0o777, 0o700)
    }
  })

  test('leaves an existing entry as it is', async (context) => {
    const parent = await temporaryDirectory(context)
    writeFileSync(join(parent, 'file'), 'text')
    makeDirectory(join(parent, 'file'))
    assert.ok(statSync(join(parent, 'file')).isFile())
  })

  test('throws where no directory can be made', async (context) => {
    const parent = await temporaryDirectory(context)
    writeFileSync(join(parent, 'file'), 'text')
    assert.throws(() => makeDirectory(join(parent, 'file/below')), /ENOTDIR/)
    assert.throws(() => makeDirectory('/proc/1/gunicorn/below'), /ENOENT|EACCES|EPERM/)
  })
})
