import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import {
  findPresence,
  parsePresence,
  presenceFile,
  removePresence,
  type SidecarPresence,
  writePresence,
} from '../../../src/share/directory/sidecar-presence.ts'
import { SidecarWatch } from '../../../src/share/directory/sidecar-watch.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const presence: SidecarPresence = {
  version: 1,
  sequence: 1,
  incarnation: '00000000-0000-4000-8000-000000000000',
  port: 9_091,
  readsRedis: false,
}

describe('SidecarWatch', () => {
  test('tells when a sidecar comes, changes its port, and goes', async () => {
    const { clock, changes, set } = watched(undefined)
    assert.deepEqual(changes, [])
    set({ sequence: 1 })
    await clock.advance(shareLimits.presencePollMs)
    set({ sequence: 2, port: 9_092 })
    await clock.advance(shareLimits.presencePollMs)
    set(undefined)
    await clock.advance(shareLimits.presencePollMs)
    assert.deepEqual(changes, [9_091, 9_092, undefined])
  })

  test('knows the sidecar at once', () => {
    assert.deepEqual(watched({}).changes, [9_091])
  })

  test('counts a sidecar without a sign of life for presenceMs as gone', async () => {
    const { clock, changes, set } = watched({})
    for (let at = 0; at < shareLimits.presenceMs; at += shareLimits.presencePollMs) {
      await clock.advance(shareLimits.presencePollMs)
    }
    assert.deepEqual(changes, [9_091])
    await clock.advance(shareLimits.presencePollMs)
    assert.deepEqual(changes, [9_091, undefined])
    set({ sequence: 2 })
    await clock.advance(shareLimits.presencePollMs)
    assert.deepEqual(changes, [9_091, undefined, 9_091])
  })

  test('looks no more once it is stopped', async () => {
    const { clock, changes, set, watch } = watched(undefined)
    watch.stop()
    set({})
    await clock.advance(shareLimits.presencePollMs)
    assert.deepEqual(changes, [])
  })
})

function watched(first: Partial<SidecarPresence> | undefined) {
  const clock = new ManualClock()
  const changes: (number | null | undefined)[] = []
  let found = first && { ...presence, ...first }
  const watch = new SidecarWatch({
    directory: '/nowhere',
    clock,
    find: () => found,
    onChange: (sidecar) => changes.push(sidecar?.port),
  })
  const set = (next: Partial<SidecarPresence> | undefined): void => {
    found = next && { ...presence, ...next }
  }
  return { clock, changes, set, watch }
}

describe('The file of a sidecar', () => {
  test('is found by processes of the same user, and removed at the end', async (context) => {
    const directory = await temporaryDirectory(context)
    assert.equal(findPresence(directory), undefined)
    writePresence(directory, presence)
    writePresence(directory, { ...presence, sequence: 2 })
    assert.deepEqual(findPresence(directory), { ...presence, sequence: 2 })
    removePresence(directory, presence.incarnation)
    assert.equal(findPresence(directory), undefined)
  })

  test('makes no shared directory', async (context) => {
    const directory = join(await temporaryDirectory(context), 'missing')
    assert.throws(() => writePresence(directory, presence), /ENOENT/)
  })

  test('is not trusted as a link, above presenceBytes, or writable for others', async (context) => {
    const directory = await temporaryDirectory(context)
    writePresence(directory, presence)
    const home = join(directory, `gunicorn-prometheus-exporter-${process.getuid?.() ?? 'user'}`)
    const file = join(home, presenceFile)
    chmodSync(file, 0o666)
    assert.equal(findPresence(directory), undefined)
    chmodSync(file, 0o600)
    assert.deepEqual(findPresence(directory), presence)
    chmodSync(home, 0o777)
    assert.equal(findPresence(directory), undefined)
    chmodSync(home, 0o700)
    writeFileSync(file, JSON.stringify(presence).padEnd(shareLimits.presenceBytes + 1))
    assert.equal(findPresence(directory), undefined)
    rmSync(file)
    const other = join(directory, 'other.json')
    writeFileSync(other, JSON.stringify(presence), { mode: 0o600 })
    symlinkSync(other, file)
    assert.equal(findPresence(directory), undefined)
    rmSync(file)
    mkdirSync(file)
    assert.equal(findPresence(directory), undefined)
  })

  test('is refused with another version or other types', () => {
    assert.deepEqual(parsePresence({ ...presence, port: null }), { ...presence, port: null })
    const wrong: readonly unknown[] = [
      undefined,
      null,
      'text',
      [],
      { ...presence, version: 2 },
      { ...presence, sequence: '1' },
      { ...presence, incarnation: 1 },
      { ...presence, port: '9091' },
      { ...presence, readsRedis: undefined },
    ]
    for (const value of wrong) assert.equal(parsePresence(value), undefined)
  })
})
