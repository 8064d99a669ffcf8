import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { relayLimits } from '../../../src/limits/relay.ts'
import { KeptDirectory } from '../../../src/relay/last-report/kept-directory.ts'
import { workersDirectoryIn } from '../../support/crash-file/workers-directory.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

describe('The kept directory of a primary', () => {
  test('is there after the first fork, with the identity of the primary', async (context) => {
    const { kept, path, attempts } = await prepared(context)
    assert.equal(existsSync(path), false)
    kept.prepareFork()
    assert.deepEqual(readdirSync(path), ['owner.json'])
    assert.deepEqual(attempts, [undefined])
  })

  test('comes back with the identity after its removal', async (context) => {
    const { kept, path, clock } = await prepared(context)
    kept.prepareFork()
    rmSync(path, { recursive: true })
    await clock.advance(relayLimits.directoryCheckMs - 1)
    assert.equal(existsSync(path), false)
    await clock.advance(1)
    assert.deepEqual(readdirSync(path), ['owner.json'])
  })

  test('gets the identity again at the refresh only', async (context) => {
    const { kept, path, clock } = await prepared(context)
    kept.prepareFork()
    const stamp = (): number => statSync(join(path, 'owner.json')).ino
    const first = stamp()
    kept.prepareFork()
    await clock.advance(relayLimits.directoryCheckMs)
    assert.equal(stamp(), first)
    await clock.advance(relayLimits.refreshMs)
    kept.prepareFork()
    assert.notEqual(stamp(), first)
  })

  test('has the same timers after each fork, and none after the stop', async (context) => {
    const { kept, path, clock } = await prepared(context)
    const listeners = process.listenerCount('exit')
    kept.prepareFork()
    const { pending } = clock
    kept.prepareFork()
    assert.equal(clock.pending, pending)
    assert.equal(process.listenerCount('exit'), listeners + 1)
    kept.stop()
    assert.deepEqual([clock.pending, process.listenerCount('exit')], [0, listeners])
    assert.equal(existsSync(path), false)
  })

  test('tells each attempt that fails, and the next success', async (context) => {
    const { kept, path, clock, attempts } = await prepared(context)
    kept.prepareFork()
    chmodSync(path, 0o777)
    await clock.advance(relayLimits.directoryCheckMs)
    chmodSync(path, 0o700)
    await clock.advance(relayLimits.directoryCheckMs)
    assert.deepEqual([attempts[0], attempts[2]], [undefined, undefined])
    assert.match(String(attempts[1]), /is not a directory of this user alone/)
  })

  test('ends in silence where the directory cannot be removed', async (context) => {
    const { kept, path } = await prepared(context, { isOpen: true })
    kept.prepareFork()
    rmSync(path, { recursive: true })
    // A file in the place of the directory cannot be opened as a directory.
    writeFileSync(path, '')
    kept.stop()
    assert.ok(statSync(path).isFile())
  })

  test('stays at the stop where another process owns the directory', async (context) => {
    const { kept, path, clock } = await prepared(context, { isOwned: false })
    const listeners = process.listenerCount('exit')
    kept.prepareFork()
    assert.deepEqual(readdirSync(path), [])
    assert.equal(process.listenerCount('exit'), listeners)
    rmSync(path, { recursive: true })
    await clock.advance(relayLimits.directoryCheckMs)
    assert.ok(existsSync(path))
    kept.stop()
    assert.ok(existsSync(path))
  })

  test('goes at the exit of the process, which its timers do not delay', async (context) => {
    const parent = await temporaryDirectory(context)
    const program = `
      import { existsSync } from 'node:fs'
      import { KeptDirectory } from '${moduleUrl}'
      const directory = ${JSON.stringify(workersDirectoryIn(parent))}
      new KeptDirectory(directory, { onAttempt: () => {} }).prepareFork()
      process.stdout.write(String(existsSync(directory.path)))
    `
    const args = ['--input-type=module', '-e', program]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.equal(stderr, '')
    assert.equal(stdout, 'true')
    const { path } = workersDirectoryIn(parent)
    assert.deepEqual([existsSync(dirname(path)), existsSync(path)], [true, false])
  })
})

const moduleUrl = import.meta.resolve('../../../src/relay/last-report/kept-directory.ts')

interface Given {
  readonly isOwned?: boolean
  readonly isOpen?: boolean
}

async function prepared(context: TestContext, { isOwned, isOpen = false }: Given = {}) {
  const clock = new ManualClock()
  const attempts: unknown[] = []
  const directory = { ...workersDirectoryIn(await temporaryDirectory(context)), isOpen }
  const kept = new KeptDirectory(directory, {
    onAttempt: (error) => attempts.push(error),
    clock,
    ...(isOwned === undefined ? {} : { isOwned }),
  })
  context.after(() => kept.stop())
  return { kept, clock, attempts, path: directory.path }
}
