import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { PrivateDirectory } from '../../src/files/private-directory.ts'
import { type PrivatePlace, placeBelow } from '../../src/files/private-place.ts'
import {
  needsDescriptorLimit,
  needsProc,
  openDescriptors,
  withoutDescriptors,
} from '../support/files/descriptors.ts'
import { asOtherUser, needsRoot, otherUser, publicDirectory } from '../support/files/other-user.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('make()', () => {
  test('makes the directory for this user alone, once, and keeps its files', async (context) => {
    const { directory, path } = await prepared(context)
    assert.equal(directory.isThere, false)
    assert.equal(directory.make(), true)
    assert.equal(directory.isThere, true)
    assert.deepEqual([modeOf(dirname(path)), modeOf(path)], [0o700, 0o700])
    directory.replace('a', 'text')
    assert.equal(directory.make(), false)
    assert.deepEqual(readdirSync(path), ['a'])
  })

  test('lets each user that knows its name write to an open directory', async (context) => {
    const { directory, path } = await prepared(context, { isOpen: true })
    assert.equal(directory.make(), true)
    assert.deepEqual([modeOf(dirname(path)), modeOf(path)], [0o711, 0o733])
    directory.replace('a', 'text')
    for (const each of [dirname(path), path]) chmodSync(each, 0o700)
    assert.equal(directory.make(), false)
    assert.deepEqual([modeOf(dirname(path)), modeOf(path)], [0o711, 0o733])
  })

  test('works for a primary that has given up root', { skip: needsRoot }, async (context) => {
    const parent = publicDirectory(context)
    chmodSync(parent, 0o711)
    const { directory } = await prepared(context, { isOpen: true, parent })
    directory.make()
    assert.equal(
      asOtherUser(() => directory.make()),
      false,
    )
  })

  test('takes the user of this process where the place names none', async (context) => {
    const { place } = await prepared(context)
    assert.equal(new PrivateDirectory({ ...place, user: null }).make(), true)
  })

  test('has to be able to look for the directory', { skip: needsRoot }, async (context) => {
    const { directory } = await prepared(context, { parent: publicDirectory(context) })
    directory.make()
    assert.throws(() => asOtherUser(() => directory.isThere), { code: 'EACCES' })
  })

  const unsafe: Record<string, (path: string) => void> = {
    'others can write to the directory of the user': (path) => chmodSync(dirname(path), 0o777),
    'a link has the name': (path) => symlinkSync('.', path),
    'a file has the name': (path) => writeFileSync(path, ''),
    'others can write to the directory': (path) => {
      mkdirSync(path)
      chmodSync(path, 0o777)
    },
  }
  for (const [title, act] of Object.entries(unsafe)) {
    test(`throws where ${title}`, async (context) => {
      const { directory, path } = await prepared(context)
      mkdirSync(dirname(path), { mode: 0o700 })
      act(path)
      assert.throws(() => directory.make(), /is not a directory of this user/)
    })
  }

  for (const isOpen of [true, false]) {
    const kind = isOpen ? 'an open' : 'a closed'
    test(`throws for ${kind} directory of another user`, { skip: needsRoot }, async (context) => {
      const { directory, path } = await prepared(context, { isOpen })
      directory.make()
      chownSync(path, otherUser, otherUser)
      assert.throws(() => directory.make(), /is not a directory of this user/)
    })
  }
})

for (const isOpen of [true, false]) {
  test(`clear() removes a directory with files, isOpen: ${isOpen}`, async (context) => {
    const { directory, path } = await made(context, { isOpen })
    directory.replace('a', 'text')
    directory.clear()
    assert.equal(existsSync(path), false)
    directory.clear()
  })
}

test('clear() leaves directories in an open directory, as workers make none', async (context) => {
  const { directory, path } = await made(context, { isOpen: true })
  mkdirSync(join(path, 'a'))
  assert.throws(() => directory.clear())
  assert.deepEqual(readdirSync(path), ['a'])
})

test('clear() removes directories in a closed directory', async (context) => {
  const { directory, path } = await made(context)
  mkdirSync(join(path, 'a'))
  directory.clear()
  assert.equal(existsSync(path), false)
})

describe('create()', () => {
  for (const [isOpen, mode] of [
    [true, 0o644],
    [false, 0o600],
  ] as const) {
    test(`makes a file with mode ${mode.toString(8)}, isOpen: ${isOpen}`, async (context) => {
      const { directory, path } = await made(context, { isOpen })
      const file = directory.create('a')
      assert.equal(modeOf(join(path, 'a')), mode)
      writeSync(file, 'text')
      closeSync(file)
      assert.equal(readFileSync(join(path, 'a'), 'utf8'), 'text')
    })
  }

  test('puts a new file in the place of a link', async (context) => {
    const { directory, path } = await made(context)
    writeFileSync(join(path, 'precious'), 'text')
    symlinkSync('precious', join(path, 'a'))
    closeSync(directory.create('a'))
    assert.ok(lstatSync(join(path, 'a')).isFile())
    assert.equal(readFileSync(join(path, 'precious'), 'utf8'), 'text')
  })

  test('throws and removes nothing where others can write', async (context) => {
    const { directory, path } = await made(context)
    directory.replace('a', 'text')
    chmodSync(path, 0o777)
    assert.throws(() => directory.create('a'), /is not a directory of this user alone/)
    assert.deepEqual(readdirSync(path), ['a'])
  })
})

describe('replace()', () => {
  test('leaves the new file alone', async (context) => {
    const { directory, path } = await made(context)
    directory.replace('a', 'first')
    directory.replace('a', Buffer.from('second'))
    assert.equal(readFileSync(join(path, 'a'), 'utf8'), 'second')
    assert.deepEqual(readdirSync(path), ['a'])
  })

  test('closes the file, also after a failure', { skip: needsProc }, async (context) => {
    const { directory, path } = await made(context)
    const before = openDescriptors()
    directory.replace('a', 'text')
    mkdirSync(join(path, 'b'))
    assert.throws(() => directory.replace('b', 'text'), /EISDIR/)
    assert.equal(openDescriptors(), before)
  })
})

describe('read()', () => {
  test('returns a file of the largest size, and closes the file', async (context) => {
    const { directory } = await made(context)
    directory.replace('a', '12345')
    const before = needsProc ? 0 : openDescriptors()
    assert.equal(String(directory.read('a', 5)), '12345')
    assert.equal(directory.read('a', 4), 'refused')
    assert.equal(needsProc ? 0 : openDescriptors(), before)
  })

  test('returns a file of the user of the place', { skip: needsRoot }, async (context) => {
    const { directory, path, place } = await made(context)
    directory.replace('a', 'text')
    for (const each of [dirname(path), path]) chownSync(each, otherUser, otherUser)
    assert.equal(directory.read('a', 5), 'refused')
    const other = new PrivateDirectory({ ...place, user: otherUser })
    assert.equal(String(other.read('a', 5)), 'text')
  })

  test('finds no file in a missing directory, nor a missing file', async (context) => {
    const { directory, path } = await prepared(context)
    assert.equal(directory.read('a', 5), 'missing')
    directory.make()
    assert.equal(directory.read('a', 5), 'missing')
    writeFileSync(join(path, 'file'), '')
    assert.equal(directory.read('file/a', 5), 'missing')
  })

  const others: Record<string, (path: string) => void> = {
    'a link': (path) => symlinkSync('precious', path),
    'a directory': (path) => mkdirSync(path),
    'a pipe, without waiting for a writer': (path) =>
      assert.equal(spawnSync('mkfifo', [path]).status, 0),
    'a file in a public directory': (path) => {
      writeFileSync(path, '')
      chmodSync(dirname(path), 0o777)
    },
  }
  for (const [title, make] of Object.entries(others)) {
    test(`refuses ${title}`, async (context) => {
      const { directory, path } = await made(context)
      writeFileSync(join(path, 'precious'), '')
      make(join(path, 'a'))
      assert.equal(directory.read('a', 5), 'refused')
    })
  }

  test('cannot read now without a free descriptor', {
    skip: needsDescriptorLimit,
  }, async (context) => {
    const { directory } = await made(context)
    directory.replace('a', 'text')
    assert.equal(
      withoutDescriptors(() => directory.read('a', 5)),
      'unreadable',
    )
    assert.equal(String(directory.read('a', 5)), 'text')
  })

  test('cannot read now after an error of the disk', { skip: needsRoot || needsProc }, () => {
    // The first page of the memory is not mapped, so that a read fails with EIO.
    const path = `/proc/${process.pid}`
    const directory = new PrivateDirectory({ path, user: 0, isOpen: false })
    const before = openDescriptors()
    assert.equal(directory.read('mem', 5), 'unreadable')
    assert.equal(openDescriptors(), before)
  })
})

describe('rename()', () => {
  test('gives a file another name, unless the file has gone', async (context) => {
    const { directory, path } = await made(context)
    directory.replace('a', 'text')
    assert.equal(directory.rename('a', 'b'), true)
    assert.equal(directory.rename('a', 'b'), false)
    assert.deepEqual(readdirSync(path), ['b'])
  })

  test('renames nothing where others can write', async (context) => {
    const { directory, path } = await made(context)
    directory.replace('a', 'text')
    chmodSync(path, 0o777)
    assert.equal(directory.rename('a', 'b'), false)
    assert.deepEqual(readdirSync(path), ['a'])
  })
})

test('names() lists names up to a limit, and none where others can write', async (context) => {
  const { directory, path } = await made(context)
  for (const name of ['a', 'b']) directory.replace(name, '')
  assert.deepEqual(directory.names(3).sort(), ['a', 'b'])
  assert.equal(directory.names(1).length, 1)
  chmodSync(path, 0o777)
  assert.deepEqual(directory.names(3), [])
})

test('stamp() differs after each replacement of a file', async (context) => {
  const { directory, path } = await made(context)
  assert.equal(directory.stamp('a'), undefined)
  directory.replace('a', 'text')
  const first = directory.stamp('a')
  const { mtimeMs } = lstatSync(join(path, 'a'))
  assert.deepEqual([first?.size, first?.mtimeMs], [4, mtimeMs])
  assert.deepEqual(directory.stamp('a'), first)
  directory.replace('a', 'text')
  assert.notEqual(directory.stamp('a')?.text, first?.text)
})

test('remove() removes a file, and accepts a missing file', async (context) => {
  const { directory, path } = await made(context)
  directory.replace('a', '')
  directory.remove('a')
  directory.remove('a')
  assert.deepEqual(readdirSync(path), [])
})

test('sizeOf() is known while the file of a descriptor has the name', async (context) => {
  const { directory } = await made(context)
  const file = directory.create('a')
  context.after(() => closeSync(file))
  writeSync(file, 'text')
  assert.equal(directory.sizeOf('a', file), 4)
  assert.equal(directory.sizeOf('b', file), undefined)
  directory.replace('a', '')
  assert.equal(directory.sizeOf('a', file), undefined)
  directory.remove('a')
  assert.equal(directory.sizeOf('a', file), undefined)
})

describe('refusalReason()', () => {
  const reasons: Record<string, readonly [act: (path: string) => void, reason: RegExp]> = {
    'others can write': [(path) => chmodSync(path, 0o777), /not a directory of this user alone$/],
    'the file is too large': [
      (path) => writeFileSync(join(path, 'a'), Buffer.alloc(524_289)),
      /^the file is larger than 0\.5 MiB$/,
    ],
    'the file is a link': [
      (path) => symlinkSync('b', join(path, 'a')),
      /^the file cannot be read, or is no regular file$/,
    ],
    'the file has gone': [() => {}, /^the file cannot be read, or is no regular file$/],
  }
  for (const [title, [act, reason]] of Object.entries(reasons)) {
    test(`tells that ${title}`, async (context) => {
      const { directory, path } = await made(context)
      act(path)
      assert.match(directory.refusalReason('a', 524_288), reason)
    })
  }
})

describe('Without a free descriptor, a directory', { skip: needsDescriptorLimit }, () => {
  test('has names that cannot be read now', async (context) => {
    const { directory } = await made(context)
    directory.replace('a', '')
    assert.throws(() => withoutDescriptors(() => directory.names(5)), { code: 'EMFILE' })
    assert.deepEqual(directory.names(5), ['a'])
  })

  test('renames a file, which takes no descriptor', async (context) => {
    const { directory, path } = await made(context)
    directory.replace('a', '')
    assert.equal(
      withoutDescriptors(() => directory.rename('a', 'b')),
      true,
    )
    assert.deepEqual(readdirSync(path), ['b'])
  })
})

test('changedAt() is the latest change of the directory and its first files', async (context) => {
  const { directory, path } = await prepared(context)
  assert.equal(directory.changedAt(5), 0)
  directory.make()
  directory.replace('a', '')
  directory.replace('b', '')
  const change = (name: string, seconds: number): void =>
    utimesSync(join(path, name), seconds, seconds)
  change('a', 100)
  change('b', 300)
  change('.', 200)
  assert.equal(directory.changedAt(5), 300_000)
  assert.equal(directory.changedAt(0), 200_000)
  change('.', 400)
  assert.equal(directory.changedAt(5), 400_000)
})

interface Given {
  readonly isOpen?: boolean
  readonly parent?: string
}

async function prepared(context: TestContext, { isOpen = false, parent }: Given = {}) {
  const below = parent ?? (await temporaryDirectory(context))
  const place: PrivatePlace = { ...placeBelow(below, '1-a'), isOpen }
  return { directory: new PrivateDirectory(place), path: place.path, place }
}

async function made(context: TestContext, given?: Given) {
  const found = await prepared(context, given)
  found.directory.make()
  return found
}

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o777
}
