import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  promises,
  readdirSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { createServer } from 'node:net'
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
const isLinux = process.platform === 'linux'

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

  const users: Record<string, readonly [own: (() => number) | undefined, found: boolean]> = {
    'are found for the user of the directory': [() => uid, true],
    'are found for root': [() => 0, true],
    'are not found for another user': [() => uid + 1, false],
    'are found where the system has no user ids': [undefined, true],
  }
  for (const [name, [own, isFound]] of Object.entries(users)) {
    test(name, async (context) => {
      const { home, read, rejected } = await scene(context)
      write(join(home, first))
      setUser(context, own)
      assert.deepEqual(await read(), isFound ? ['1 text'] : [])
      assert.deepEqual(rejected, isFound ? [] : [[basename(dirname(home)), 'owner']])
    })
  }

  test('leave no file open', { skip: !isLinux }, async (context) => {
    const { directory, home, read, rejected } = await scene(context)
    write(join(home, first))
    mkdirSync(join(home, second))
    const before = openFiles()
    assert.equal((await read()).length, 2)
    assert.equal(openFiles(), before)
    for await (const { incarnation } of sharedFiles(directory)) {
      assert.ok(incarnation)
      break
    }
    assert.equal(openFiles(), before)
    chmodSync(home, 0o777)
    await read()
    assert.deepEqual([rejected.length, openFiles()], [1, before])
  })

  test('are rejected where `sources` is a link or a file', async (context) => {
    const { home, read, rejected } = await scene(context)
    rmdirSync(home)
    symlinkSync('.', home)
    await read()
    unlinkSync(home)
    write(home)
    await read()
    const name = join(basename(dirname(home)), 'sources')
    assert.deepEqual(rejected, [
      [name, 'owner'],
      [name, 'owner'],
    ])
  })

  test('are rejected where the process may not open the directory', async (context) => {
    const { home, read, rejected } = await scene(context)
    for (const code of ['EACCES', 'EPERM', 'EIO']) {
      const restore = failToOpen(dirname(home), code)
      context.after(restore)
      assert.deepEqual(await read(), [])
      restore()
    }
    const name = basename(dirname(home))
    assert.deepEqual(rejected, [
      [name, 'owner'],
      [name, 'owner'],
    ])
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
    'is rejected by format for a link': [
      (path) => symlinkSync(write(`${path}.target`), path),
      'format',
    ],
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

  test('is rejected by format for a socket', async (context) => {
    const { directory, fileOf } = await scene(context)
    // The path of a socket has at most 107 bytes.
    const path = join(directory, 'socket')
    const server = createServer()
    context.after(() => server.close())
    await once(server.listen(path), 'listening')
    assert.equal(await readShared({ ...fileOf(first), path }), 'format')
  })

  test('is rejected by the reason for which Node cannot open the file', async (context) => {
    const { fileOf } = await scene(context)
    const file = fileOf(first)
    write(file.path)
    for (const [code, expected] of [
      ['EACCES', 'owner'],
      ['EPERM', 'owner'],
      ['EMLINK', 'format'],
      ['EIO', undefined],
    ] as const) {
      const restore = failToOpen(file.path, code)
      context.after(restore)
      assert.equal(await readShared(file), expected)
      restore()
    }
  })

  test('is rejected by owner for another user', async (context) => {
    const { fileOf } = await scene(context)
    const file = fileOf(first)
    write(file.path)
    assert.equal(await readShared({ ...file, uid: uid + 1 }), 'owner')
  })
})

describe('An old shared file', () => {
  const writtenAt = 1_700_000_000_000

  /** A file at an age, and this user at the time of the removal. */
  async function aged(context: TestContext, ageMs: number, own: (() => number) | undefined) {
    const { fileOf } = await scene(context)
    const file = fileOf(first)
    write(file.path)
    utimesSync(file.path, writtenAt / 1_000, writtenAt / 1_000)
    setUser(context, own)
    context.mock.timers.enable({ apis: ['Date'], now: writtenAt + ageMs })
    return file
  }

  test('is removed after shareLimits.sharedFileMs', async (context) => {
    const young = await aged(context, shareLimits.sharedFileMs, () => uid)
    assert.equal(await removeOldFiles(young), false)
    assert.ok(existsSync(young.path))
    context.mock.timers.setTime(writtenAt + shareLimits.sharedFileMs + 1)
    assert.equal(await removeOldFiles(young), true)
    assert.ok(!existsSync(young.path))
  })

  const old = shareLimits.sharedFileMs + 1
  const users: Record<
    string,
    readonly [(() => number) | undefined, owner: number, removed: boolean]
  > = {
    'is removed where the system has no user ids': [undefined, uid, true],
    'stays where another user must own the file': [() => uid, uid + 1, false],
    'stays where another user owns the file': [() => uid + 1, uid + 1, false],
    'stays for another user': [() => uid + 1, uid, false],
  }
  for (const [name, [own, owner, isRemoved]] of Object.entries(users)) {
    test(name, async (context) => {
      const file = await aged(context, old, own)
      assert.equal(await removeOldFiles({ ...file, uid: owner }), true)
      assert.equal(existsSync(file.path), !isRemoved)
    })
  }

  test('that is missing is not to be read', async (context) => {
    const { fileOf } = await scene(context)
    assert.equal(await removeOldFiles(fileOf(first)), true)
  })
})

/** Lets the process have another user id, or none, as on Windows. The owner of its files stays. */
function setUser(context: TestContext, own: (() => number) | undefined): void {
  const { getuid } = process
  context.after(() => Object.defineProperty(process, 'getuid', { value: getuid }))
  Object.defineProperty(process, 'getuid', { value: own, configurable: true, writable: true })
}

/**
 * Lets Node fail to open a path. Root may open every file, so that no mode of a file has this
 * effect.
 */
function failToOpen(path: string, code: string): () => void {
  const { open } = promises
  const fail: typeof open = (given, ...rest) => {
    const isGiven = basename(String(given)) === basename(path)
    return isGiven ? Promise.reject(Object.assign(new Error(code), { code })) : open(given, ...rest)
  }
  promises.open = fail
  syncBuiltinESMExports()
  return () => {
    promises.open = open
    syncBuiltinESMExports()
  }
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length
}
