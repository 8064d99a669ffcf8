import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import { sidecarLimits } from '../../src/limits/sidecar.ts'
import { encodePeerState } from '../../src/share/peers/peer-state.ts'
import { DirectoryOrigin, type DirectoryOriginOptions } from '../../src/sidecar/directory-origin.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { eventually } from '../support/programs/app.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { incarnations, sourceState } from '../support/redis/source-state.ts'

const own = process.getuid?.() ?? 0
const other = 12_345
const needsRoot = own === 0 ? false : 'only root can give files away'
const [first, second, third, fourth] = incarnations

describe('DirectoryOrigin', () => {
  test('reads the files of this user and removes the old files', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    const sources = sourcesOf(own)
    const old = writeState(sources, first, own)
    makeOld(old)
    writeState(sources, second, own)
    const { origin } = read(context, directory)
    await eventually(() => assert.ok(!existsSync(old)))
    await eventually(() => assert.deepEqual(instances(origin), ['host-1']))
  })

  test('neither reads nor removes files behind a link in place of `sources`', async (context) => {
    const { directory, homeOf } = await shared(context)
    const { victim, old } = elsewhere(directory, own)
    symlinkSync(victim, join(homeOf(own), 'sources'))
    const { origin, hasRead } = read(context, directory)
    await hasRead()
    assert.deepEqual(instances(origin), [])
    assert.ok(existsSync(old))
  })
})

/** The setting in messages. */
const setting = 'SHARED_DIR'

describe('DirectoryOrigin on a clock', () => {
  test('reads again each time sidecarLimits.sharedFilePollMs have passed', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    const clock = new ManualClock()
    const origin = new DirectoryOrigin({ directory, setting, onNotice: () => {}, clock })
    const hasReadings = (count: number) =>
      eventually(() => assert.deepEqual([origin.status().successes, clock.pending], [count, 1]))
    await hasReadings(1)
    writeState(sourcesOf(own), first, own)
    await clock.advance(sidecarLimits.sharedFilePollMs - 1)
    assert.deepEqual([origin.status().successes, clock.pending], [1, 1])
    await clock.advance(1)
    await hasReadings(2)
    assert.deepEqual(instances(origin), ['host-1'])
    await origin.stop()
    assert.equal(clock.pending, 0)
  })

  test('keeps states without the directory for shareLimits.sharedFileMs', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    writeState(sourcesOf(own), first, own)
    const clock = new ManualClock()
    const notices: string[] = []
    const onNotice = (text: string) => notices.push(text)
    const origin = new DirectoryOrigin({ directory, setting, onNotice, clock })
    context.after(() => origin.stop())
    const isWaiting = () => eventually(() => assert.equal(clock.pending, 1))
    await isWaiting()
    renameSync(directory, `${directory}-away`)
    context.after(() => renameSync(`${directory}-away`, directory))
    await clock.advance(sidecarLimits.sharedFilePollMs)
    await isWaiting()
    const { isConnected, failures, error } = origin.status()
    assert.deepEqual([isConnected, failures], [false, 1])
    assert.match(error ?? '', /ENOENT/)
    assert.match(
      notices.join(),
      /^the directory of SHARED_DIR cannot be read, trying again: ENOENT/,
    )
    assert.deepEqual(instances(origin), ['host-1'])
    clock.spend(shareLimits.sharedFileMs)
    assert.deepEqual(instances(origin), [])
  })
})

describe('DirectoryOrigin of root', { skip: needsRoot }, () => {
  test('reads the files of another user and leaves old files to this user', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    const sources = sourcesOf(other)
    const old = writeState(sources, first, other)
    makeOld(old)
    writeState(sources, second, other)
    const { origin, hasRead } = read(context, directory)
    await eventually(() => assert.deepEqual(instances(origin), ['host-1']))
    await hasRead()
    assert.ok(existsSync(old))
    publishAs(other, directory, old)
    assert.ok(existsSync(join(sources, second)))
  })

  test('neither reads nor removes files behind another user’s link', async (context) => {
    const { directory, homeOf } = await shared(context)
    for (const owner of [0, other]) {
      const { victim, old } = elsewhere(directory, owner)
      symlinkSync(victim, join(homeOf(other + owner), 'sources'))
      const { origin, hasRead } = read(context, directory)
      await hasRead()
      assert.deepEqual(instances(origin), [])
      assert.ok(existsSync(old), `a file of user ${owner} is gone`)
    }
  })

  test('does not read a directory `sources` that other users may write to', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    writeState(sourcesOf(other), first, other)
    chmodSync(sourcesOf(other), 0o777)
    writeState(sourcesOf(other + 1), second, other + 1)
    chownSync(sourcesOf(other + 1), 0, 0)
    const { origin, hasRead } = read(context, directory)
    await hasRead()
    assert.deepEqual(instances(origin), [])
  })
})

describe('DirectoryOrigin counts', () => {
  test('a rejected file once while the reason stays the same', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    const sources = sourcesOf(own)
    const open = writeState(sources, first, own)
    chmodSync(open, 0o622)
    const [long, elsewhere] = [join(sources, second), join(directory, 'long')]
    writeFileSync(long, '', { mode: 0o600 })
    truncateSync(long, shareLimits.peerStateBytes + 1)
    mkdirSync(join(sources, third))
    symlinkSync(long, join(sources, fourth))
    writeState(sources, 'no-name-of-ours', own)
    const { origin, hasRead } = read(context, directory)
    await hasRead()
    assert.deepEqual(refused(origin), { owner: 1, size: 1, format: 2 })
    // A new reason counts again, and a file that returns.
    writeFileSync(open, 'nonsense')
    chmodSync(open, 0o600)
    renameSync(long, elsewhere)
    await hasRead()
    renameSync(elsewhere, long)
    await hasRead()
    assert.deepEqual(refused(origin), { owner: 1, size: 2, format: 3 })
    assert.deepEqual(instances(origin), [])
  })

  const places: readonly (readonly [entry: string, make: (home: string) => void])[] = [
    ['a directory that others may write to', (home) => chmodSync(made(home, own), 0o777)],
    ['a link in place of a directory', (home) => symlinkSync('.', home)],
    ['a file in place of a directory', (home) => writeFileSync(home, '')],
    ['a link in place of `sources`', (home) => symlinkSync('.', join(made(home, own), 'sources'))],
  ]
  for (const [entry, make] of places) {
    test(`${entry} with the reason "owner"`, async (context) => {
      const { directory } = await shared(context)
      make(join(directory, `gunicorn-prometheus-exporter-${own}`))
      writeFileSync(join(directory, 'gunicorn-prometheus-exporter-notes'), 'text')
      const { origin, hasRead } = read(context, directory)
      await hasRead()
      assert.deepEqual(refused(origin), { owner: 1 })
    })
  }

  test('files and directories that belong to other users', { skip: needsRoot }, async (context) => {
    const { directory, homeOf, sourcesOf } = await shared(context)
    writeState(sourcesOf(other), first, other + 1)
    writeState(sourcesOf(other + 1), second, other + 1)
    chownSync(homeOf(other + 1), other, other)
    const { origin, hasRead } = read(context, directory)
    await hasRead()
    assert.deepEqual(refused(origin), { owner: 2 })
  })

  test('the files beyond shareLimits.peers with the reason "limit"', async (context) => {
    assert.equal(shareLimits.peers, 1_000)
    const { directory, sourcesOf } = await shared(context)
    for (const each of [first, second, third]) writeState(sourcesOf(own), each, own)
    const { origin, hasRead } = read(context, directory, { maxFiles: 2 })
    await hasRead()
    assert.deepEqual(refused(origin), { limit: 1 })
  })
})

/** A directory that every user may write to. */
async function shared(context: TestContext) {
  const directory = await temporaryDirectory(context)
  chmodSync(directory, 0o1777)
  const homeOf = (uid: number): string =>
    made(join(directory, `gunicorn-prometheus-exporter-${uid}`), uid)
  return { directory, homeOf, sourcesOf: (uid: number) => made(join(homeOf(uid), 'sources'), uid) }
}

function made(path: string, uid: number): string {
  if (existsSync(path)) return path
  mkdirSync(path, { mode: 0o700 })
  if (own === 0) chownSync(path, uid, uid)
  return path
}

/** Writes a valid state. */
function writeState(sources: string, incarnation: string, uid: number): string {
  const path = join(sources, incarnation)
  writeFileSync(path, encodePeerState(sourceState({ incarnation: incarnation })), { mode: 0o600 })
  if (own === 0) chownSync(path, uid, uid)
  return path
}

function makeOld(path: string): void {
  const past = Date.now() / 1_000 - (2 * shareLimits.sharedFileMs) / 1_000
  utimesSync(path, past, past)
}

/** A directory outside the shared directory, with an old and a new file of valid names. */
function elsewhere(directory: string, uid: number) {
  const victim = made(join(directory, `victim-${uid}`), uid)
  const old = writeState(victim, first, uid)
  makeOld(old)
  writeState(victim, second, uid)
  return { victim, old }
}

function read(
  context: TestContext,
  directory: string,
  options: Partial<DirectoryOriginOptions> = {},
) {
  const origin = new DirectoryOrigin({
    directory,
    setting,
    onNotice: () => {},
    intervalMs: 5,
    ...options,
  })
  context.after(() => origin.stop())
  /** Waits for a reading that starts after the call, and ends. */
  const hasRead = async (): Promise<void> => {
    const { successes } = origin.status()
    await eventually(() => assert.ok(origin.status().successes >= successes + 2))
  }
  return { origin, hasRead }
}

function refused(origin: DirectoryOrigin): Record<string, number> {
  return Object.fromEntries(origin.status().refused)
}

function instances(origin: DirectoryOrigin): string[] {
  return origin.status().sources.map(({ instance }) => instance)
}

/** Runs a publisher as this user until the file is removed. */
function publishAs(uid: number, directory: string, old: string): void {
  const publisher = join(import.meta.dirname, '../../src/share/directory/directory-publisher.ts')
  const code = `
    import { existsSync } from 'node:fs'
    import { DirectoryPublisher } from ${JSON.stringify(publisher)}
    process.setgid(${uid}); process.setuid(${uid})
    const slot = { service: 's', host: 'h', address: 'a', directory: 'd' }
    const serviceSlot = { ...slot, instance: undefined }
    const fail = (text) => { throw new Error(text) }
    new DirectoryPublisher({
      directory: ${JSON.stringify(directory)},
      serviceSlot, collect: () => [], onNotice: fail, onFault: () => {},
    })
    setInterval(() => existsSync(${JSON.stringify(old)}) || process.exit(0), 20)`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.equal(status, 0, stderr || 'the old file stays')
}
