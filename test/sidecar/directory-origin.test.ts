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
import { encodePeerState } from '../../src/share/peers/peer-state.ts'
import { DirectoryOrigin } from '../../src/sidecar/directory-origin.ts'
import { eventually } from '../support/programs/app.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { incarnations, sourceState } from '../support/redis/source-state.ts'

const own = process.getuid?.() ?? 0
const other = 12_345
const needsRoot = own === 0 ? false : 'only root can give files away'
const [first, second, third, fourth] = incarnations

describe('files of this user', () => {
  test('are read, and removed when they are old', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    const sources = sourcesOf(own)
    const old = leave(sources, first, own)
    forkNumber(old)
    leave(sources, second, own)
    const { origin } = look(context, directory)
    await eventually(() => assert.ok(!existsSync(old)))
    await eventually(() => assert.deepEqual(instances(origin), ['host-1']))
  })

  test('stay, unread, where `sources` leads elsewhere', async (context) => {
    const { directory, homeOf } = await shared(context)
    const { victim, old } = elsewhere(directory, own)
    symlinkSync(victim, join(homeOf(own), 'sources'))
    const { origin, looked } = look(context, directory)
    await looked()
    assert.deepEqual(instances(origin), [])
    assert.ok(existsSync(old))
  })
})

describe('root', { skip: needsRoot }, () => {
  test('reads the files of another user, and leaves the old ones to that one', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    const sources = sourcesOf(other)
    const old = leave(sources, first, other)
    forkNumber(old)
    leave(sources, second, other)
    const { origin, looked } = look(context, directory)
    await eventually(() => assert.deepEqual(instances(origin), ['host-1']))
    await looked()
    assert.ok(existsSync(old))
    publishAs(other, directory, old)
    assert.ok(existsSync(join(sources, second)))
  })

  test('neither reads nor removes what a user’s `sources` leads to', async (context) => {
    const { directory, homeOf } = await shared(context)
    for (const owner of [0, other]) {
      const { victim, old } = elsewhere(directory, owner)
      symlinkSync(victim, join(homeOf(other + owner), 'sources'))
      const { origin, looked } = look(context, directory)
      await looked()
      assert.deepEqual(instances(origin), [])
      assert.ok(existsSync(old), `a file of user ${owner} is gone`)
    }
  })

  test('does not read a `sources` that is not the user’s alone', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    leave(sourcesOf(other), first, other)
    chmodSync(sourcesOf(other), 0o777)
    leave(sourcesOf(other + 1), second, other + 1)
    chownSync(sourcesOf(other + 1), 0, 0)
    const { origin, looked } = look(context, directory)
    await looked()
    assert.deepEqual(instances(origin), [])
  })
})

describe('what is not believed is counted once', () => {
  test('for as long as it lies there', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    const sources = sourcesOf(own)
    const open = leave(sources, first, own)
    chmodSync(open, 0o622)
    const [long, elsewhere] = [join(sources, second), join(directory, 'long')]
    writeFileSync(long, '', { mode: 0o600 })
    truncateSync(long, shareLimits.peerStateBytes + 1)
    mkdirSync(join(sources, third))
    symlinkSync(long, join(sources, fourth))
    leave(sources, 'no-name-of-ours', own)
    const { origin, looked } = look(context, directory)
    await looked()
    assert.deepEqual(refused(origin), { owner: 1, size: 1, format: 2 })
    // Another reason is another matter; so is what comes back.
    writeFileSync(open, 'nonsense')
    chmodSync(open, 0o600)
    renameSync(long, elsewhere)
    await looked()
    renameSync(elsewhere, long)
    await looked()
    assert.deepEqual(refused(origin), { owner: 1, size: 2, format: 3 })
    assert.deepEqual(instances(origin), [])
  })

  const places: readonly (readonly [what: string, make: (home: string) => void])[] = [
    ['a directory that others may write to', (home) => chmodSync(made(home, own), 0o777)],
    ['a link in place of a directory', (home) => symlinkSync('.', home)],
    ['a file in place of a directory', (home) => writeFileSync(home, '')],
    ['a link in place of `sources`', (home) => symlinkSync('.', join(made(home, own), 'sources'))],
  ]
  for (const [what, make] of places) {
    test(`as of no owner: ${what}`, async (context) => {
      const { directory } = await shared(context)
      make(join(directory, `gunicorn-prometheus-exporter-${own}`))
      writeFileSync(join(directory, 'gunicorn-prometheus-exporter-notes'), 'no business of ours')
      const { origin, looked } = look(context, directory)
      await looked()
      assert.deepEqual(refused(origin), { owner: 1 })
    })
  }

  test('of other users: files, and directories', { skip: needsRoot }, async (context) => {
    const { directory, homeOf, sourcesOf } = await shared(context)
    leave(sourcesOf(other), first, other + 1)
    leave(sourcesOf(other + 1), second, other + 1)
    chownSync(homeOf(other + 1), other, other)
    const { origin, looked } = look(context, directory)
    await looked()
    assert.deepEqual(refused(origin), { owner: 2 })
  })

  test('and no more files than there may be sources', async (context) => {
    const { directory, sourcesOf } = await shared(context)
    const sources = sourcesOf(own)
    for (let count = 0; count <= shareLimits.peers; count += 1) {
      leave(sources, `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`, own)
    }
    const { origin, looked } = look(context, directory)
    await looked()
    assert.equal(refused(origin)['limit'], 1)
  })
})

/** A directory that is everybody's. */
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

/** Leaves a state that is believed, wherever the place is. */
function leave(sources: string, incarnation: string, uid: number): string {
  const path = join(sources, incarnation)
  writeFileSync(path, encodePeerState(sourceState({ incarnation: incarnation })), { mode: 0o600 })
  if (own === 0) chownSync(path, uid, uid)
  return path
}

function forkNumber(path: string): void {
  const past = Date.now() / 1_000 - (2 * shareLimits.sharedFileMs) / 1_000
  utimesSync(path, past, past)
}

/** A directory of somebody's that is none of ours, with an old file and a new one that have the right names. */
function elsewhere(directory: string, uid: number) {
  const victim = made(join(directory, `victim-${uid}`), uid)
  const old = leave(victim, first, uid)
  forkNumber(old)
  leave(victim, second, uid)
  return { victim, old }
}

function look(context: TestContext, directory: string) {
  const origin = new DirectoryOrigin({ directory, onNotice: () => {} })
  context.after(() => origin.stop())
  /** Waits for one look that begins from now on, and ends. */
  const looked = async (): Promise<void> => {
    const { successes } = origin.status()
    await eventually(() => assert.ok(origin.status().successes >= successes + 2))
  }
  return { origin, looked }
}

function refused(origin: DirectoryOrigin): Record<string, number> {
  return Object.fromEntries(origin.status().refused)
}

function instances(origin: DirectoryOrigin): string[] {
  return origin.status().sources.map(({ instance }) => instance)
}

/** Starts a publisher in a process of this user, which ends when this file has gone. */
function publishAs(uid: number, directory: string, old: string): void {
  const publisher = join(import.meta.dirname, '../../src/share/directory/directory-publisher.ts')
  const code = `
    import { existsSync } from 'node:fs'
    import { DirectoryPublisher } from ${JSON.stringify(publisher)}
    process.setgid(${uid}); process.setuid(${uid})
    const place = { service: 's', host: 'h', address: 'a', directory: 'd', instance: undefined }
    const fail = (text) => { throw new Error(text) }
    new DirectoryPublisher({
      directory: ${JSON.stringify(directory)},
      place, collect: () => [], onNotice: fail, onFault: () => {},
    })
    setInterval(() => existsSync(${JSON.stringify(old)}) || process.exit(0), 20)`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.equal(status, 0, stderr || 'the old file stays')
}
