import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { DirectoryPublisher } from '../../../src/share/directory/directory-publisher.ts'
import { ownFiles } from '../../../src/share/directory/shared-files.ts'
import { type PeerState, parsePeerState } from '../../../src/share/peers/peer-state.ts'
import { eventually } from '../../support/programs/app.ts'
import { type Belongings, latestFirst } from '../../support/programs/belongings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { counted, incarnations } from '../../support/redis/source-state.ts'

const slot = { service: 's', host: 'h', address: 'a', directory: 'd', instance: undefined }

describe('DirectoryPublisher', () => {
  test('writes the state at once, after each interval, and at the end', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const { publisher, stateIn } = publish(context, directory)
    const { incarnation, startedAt, writtenAt, sequence, ...state } = stateIn()
    assert.deepEqual(state, {
      instance: `h-${incarnation.slice(0, 8)}`,
      service: 's',
      predecessors: [],
      intervalMs: 5,
      hasEnded: false,
      metrics: [counted(3)],
      retained: [],
    })
    assert.ok(sequence >= 1 && startedAt <= writtenAt && writtenAt <= Date.now())
    await eventually(() => assert.ok(stateIn().sequence > sequence + 1))
    publisher.last()
    const last = stateIn()
    assert.equal(last.hasEnded, true)
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.equal(stateIn().sequence, last.sequence)
    assert.deepEqual(readdirSync(ownFiles(directory)), [last.incarnation])
  })

  test('writes a given name every shareLimits.sharedFileWriteMs by default', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const { stateIn } = publish(context, directory, {
      intervalMs: undefined,
      serviceSlot: { ...slot, instance: 'shop-1' },
    })
    const { intervalMs, instance, incarnation } = stateIn()
    assert.equal(intervalMs, shareLimits.sharedFileWriteMs)
    assert.equal(instance, `shop-1-${incarnation.slice(0, 8)}`)
  })

  test('makes its files readable for this user alone', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    publish(context, directory)
    const [name = ''] = readdirSync(ownFiles(directory))
    assert.equal(statSync(join(ownFiles(directory), name)).mode & 0o777, 0o600)
  })

  test('takes the right to write to its directories from other users', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const home = ownFiles(directory)
    mkdirSync(home, { recursive: true })
    for (const path of [dirname(home), home]) chmodSync(path, 0o777)
    assert.deepEqual(publish(context, directory).notices, [])
    assert.equal(readdirSync(home).length, 1)
    for (const path of [dirname(home), home]) assert.equal(statSync(path).mode & 0o777, 0o700)
  })

  test('writes nothing behind a link in place of `sources`; reports one failure', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const victim = await temporaryDirectory(context)
    chmodSync(victim, 0o755)
    const home = ownFiles(directory)
    mkdirSync(dirname(home))
    symlinkSync(victim, home)
    const { notices, counts } = publish(context, directory)
    await eventually(() => assert.ok(counts.faults > 2))
    assert.match(
      notices[0] ?? '',
      /cannot be written to the directory of SHARED_DIR,.*(?:ENOTDIR|ELOOP)/,
    )
    assert.equal(notices.length, 1)
    assert.deepEqual(readdirSync(victim), [])
    assert.equal(statSync(victim).mode & 0o777, 0o755)
  })

  test('creates removed directories again, and reports a later failure', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const home = ownFiles(directory)
    const { notices, stateIn } = publish(context, directory)
    rmSync(dirname(home), { recursive: true })
    await eventually(() => assert.ok(stateIn()))
    for (let count = 1; count <= 2; count += 1) {
      rmSync(dirname(home), { recursive: true })
      writeFileSync(dirname(home), '')
      await eventually(() => assert.equal(notices.length, count))
      rmSync(dirname(home))
      await eventually(() => assert.ok(stateIn()))
    }
  })

  test('removes old files of earlier processes', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const home = ownFiles(directory)
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const [old, recent] = incarnations.map((each) => join(home, each)) as [string, string]
    for (const path of [old, recent]) writeFileSync(path, '', { mode: 0o600 })
    const past = (Date.now() - shareLimits.sharedFileMs) / 1_000 - 5
    utimesSync(old, past, past)
    publish(context, directory)
    await eventually(() => assert.ok(!readdirSync(home).includes(incarnations[0])))
    assert.ok(readdirSync(home).includes(incarnations[1]))
  })
})

interface PublishOptions {
  readonly intervalMs?: number | undefined
  readonly serviceSlot?: typeof slot | (Omit<typeof slot, 'instance'> & { instance: string })
}

function publish(
  context: Belongings,
  directory: string,
  { serviceSlot = slot, ...options }: PublishOptions = {},
) {
  const notices: string[] = []
  const counts = { faults: 0 }
  const intervalMs = 'intervalMs' in options ? options.intervalMs : 5
  const publisher = new DirectoryPublisher({
    directory,
    setting: 'SHARED_DIR',
    serviceSlot,
    collect: () => [counted(3)],
    onNotice: (text) => notices.push(text),
    onFault: () => {
      counts.faults += 1
    },
    ...(intervalMs !== undefined && { intervalMs }),
  })
  context.after(() => publisher.last())
  /** The only complete state in the directory. */
  const stateIn = (): PeerState => {
    const home = ownFiles(directory)
    const [name = ''] = readdirSync(home).filter((each) => !each.endsWith('.draft'))
    const state = parsePeerState(readFileSync(join(home, name)))
    assert.ok(typeof state === 'object', String(state))
    return state
  }
  return { publisher, notices, counts, stateIn }
}
