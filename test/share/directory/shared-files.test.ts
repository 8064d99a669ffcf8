import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import {
  ownFiles,
  readShared,
  removeOldFiles,
  type SharedFilesOptions,
  sharedFiles,
} from '../../../src/share/directory/shared-files.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { incarnations } from '../../support/redis/source-state.ts'

const [first, second, third] = incarnations
const uid = process.getuid?.() ?? Number.NaN

async function scene(context: TestContext) {
  const directory = await temporaryDirectory(context)
  const home = ownFiles(directory)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const rejected: [string, string][] = []
  /** Incarnations of the files, with the content or the reason of a rejection. */
  const read = async (options: SharedFilesOptions = {}): Promise<string[]> => {
    const found: string[] = []
    const onRejected = (name: string, reason: string) => rejected.push([name, reason])
    for await (const file of sharedFiles(directory, { onRejected, ...options })) {
      assert.equal(file.name, join(basename(dirname(home)), 'sources', file.incarnation))
      assert.equal(file.uid, uid)
      found.push(`${file.incarnation[0]} ${String(await readShared(file))}`)
    }
    return found.sort()
  }
  const fileOf = (incarnation: string) => ({
    path: join(home, incarnation),
    name: '',
    incarnation,
    uid,
  })
  return { directory, home, read, rejected, fileOf }
}

function write(path: string, text = 'text'): string {
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

describe('Shared files', () => {
  test('are the files of this user with an incarnation as name', async (context) => {
    const { directory, home, read, rejected } = await scene(context)
    write(join(home, first), 'one')
    write(join(home, second), 'two')
    write(join(home, 'notes'))
    write(join(directory, 'notes'))
    assert.deepEqual(await read(), ['1 one', '2 two'])
    assert.deepEqual(rejected, [])
  })

  test('are found through a link to the shared directory', async (context) => {
    const { directory, home } = await scene(context)
    write(join(home, first))
    symlinkSync(directory, join(directory, 'link'))
    const found: string[] = []
    for await (const { incarnation } of sharedFiles(join(directory, 'link')))
      found.push(incarnation)
    assert.deepEqual(found, [first])
  })

  test('are at most shareLimits.peers', async (context) => {
    assert.equal(shareLimits.peers, 1_000)
    const { home, read, rejected } = await scene(context)
    for (const each of [first, second, third]) write(join(home, each))
    assert.equal((await read({ maxFiles: 3 })).length, 3)
    assert.deepEqual(rejected, [])
    assert.equal((await read({ maxFiles: 2 })).length, 2)
    assert.deepEqual(rejected, [['', 'limit']])
  })

  test('are rejected where the directory is not trusted', async (context) => {
    const { home, read, rejected } = await scene(context)
    write(join(home, first))
    chmodSync(home, 0o770)
    assert.deepEqual(await read(), [])
    assert.deepEqual(rejected, [[join(basename(dirname(home)), 'sources'), 'owner']])
    chmodSync(dirname(home), 0o770)
    assert.deepEqual(await read(), [])
    assert.deepEqual(rejected.at(-1), [basename(dirname(home)), 'owner'])
  })

  test('of a user without `sources` are none', async (context) => {
    const { directory } = await scene(context)
    const other = join(directory, 'other')
    mkdirSync(dirname(ownFiles(other)), { recursive: true, mode: 0o700 })
    const rejected: string[] = []
    const onRejected = (name: string) => rejected.push(name)
    for await (const { name } of sharedFiles(other, { onRejected })) assert.fail(name)
    assert.deepEqual(rejected, [])
  })

  test('cannot be listed where the shared directory is missing', async (context) => {
    const { directory } = await scene(context)
    await assert.rejects(sharedFiles(join(directory, 'missing')).next(), /ENOENT/)
  })
})

describe('The content of a shared file', () => {
  const entries: Record<string, readonly [make: (path: string) => void, expected: unknown]> = {
    'is bytes': [(path) => write(path), Buffer.from('text')],
    'is undefined for a missing file': [() => {}, undefined],
    'is rejected by owner where others may write': [
      (path) => chmodSync(write(path), 0o622),
      'owner',
    ],
    'is rejected by format for a directory': [(path) => mkdirSync(path), 'format'],
    'is rejected by format for a link': [(path) => symlinkSync('/dev/null', path), 'format'],
    'is rejected by format for a pipe': [
      (path) => void execFileSync('mkfifo', ['-m', '600', path]),
      'format',
    ],
    'is rejected by size above shareLimits.peerStateBytes': [
      (path) => truncateSync(write(path), shareLimits.peerStateBytes + 1),
      'size',
    ],
  }
  for (const [name, [make, expected]] of Object.entries(entries)) {
    test(name, async (context) => {
      const { fileOf } = await scene(context)
      const file = fileOf(first)
      make(file.path)
      assert.deepEqual(await readShared(file), expected)
    })
  }

  test('may have shareLimits.peerStateBytes', async (context) => {
    const { fileOf } = await scene(context)
    const file = fileOf(first)
    truncateSync(write(file.path), shareLimits.peerStateBytes)
    assert.equal((await readShared(file))?.length, shareLimits.peerStateBytes)
  })

  test('is rejected by owner for another user', async (context) => {
    const { fileOf } = await scene(context)
    const file = fileOf(first)
    write(file.path)
    assert.equal(await readShared({ ...file, uid: uid + 1 }), 'owner')
  })
})

describe('An old shared file', () => {
  const age = (path: string, ms: number): void => {
    const at = (Date.now() - ms) / 1_000
    utimesSync(path, at, at)
  }

  test('is removed after shareLimits.sharedFileMs', async (context) => {
    const { fileOf } = await scene(context)
    const file = fileOf(first)
    write(file.path)
    age(file.path, shareLimits.sharedFileMs - 5_000)
    assert.equal(await removeOldFiles(file), false)
    assert.ok(existsSync(file.path))
    age(file.path, shareLimits.sharedFileMs + 5_000)
    assert.equal(await removeOldFiles(file), true)
    assert.ok(!existsSync(file.path))
  })

  test('stays where another user must own the file', async (context) => {
    const { fileOf } = await scene(context)
    const file = fileOf(first)
    write(file.path)
    age(file.path, shareLimits.sharedFileMs + 5_000)
    assert.equal(await removeOldFiles({ ...file, uid: uid + 1 }), true)
    assert.ok(existsSync(file.path))
  })

  test('that is missing is not to be read', async (context) => {
    const { fileOf } = await scene(context)
    assert.equal(await removeOldFiles(fileOf(first)), true)
  })
})
