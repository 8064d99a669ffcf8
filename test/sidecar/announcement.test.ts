import assert from 'node:assert/strict'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { userDirectory } from '../../src/files/trusted.ts'
import { shareLimits } from '../../src/limits/share.ts'
import { findPresence, presenceFile } from '../../src/share/directory/sidecar-presence.ts'
import { Announcement } from '../../src/sidecar/announcement.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('A sidecar', () => {
  test('is announced until it ends', async (context) => {
    const { clock, start, port } = await bench(context)
    const { announcement } = start(9_100)
    await clock.advance(3 * shareLimits.presencePollMs)
    assert.equal(port(), 9_100)
    announcement.stop()
    assert.equal(port(), undefined)
  })

  test('waits while a sidecar with another port lives, and logs this once', async (context) => {
    const { clock, start, port } = await bench(context)
    const first = start(9_100)
    const second = start(9_200)
    await clock.advance(5 * shareLimits.presenceMs)
    assert.equal(port(), 9_100)
    assert.deepEqual(first.notices, [])
    assert.equal(second.notices.length, 1)
    assert.match(second.notices[0] ?? '', /find another sidecar on port 9100, and not this sidecar/)
    first.announcement.stop()
    await clock.advance(shareLimits.presencePollMs)
    assert.equal(port(), 9_200)
    first.announcement.stop()
    assert.equal(port(), 9_200)
  })

  test('takes the place of a killed sidecar after presenceMs', async (context) => {
    const { clock, start, port } = await bench(context)
    const killed = start(9_100)
    await clock.advance(shareLimits.presencePollMs)
    killed.kill()
    const next = start(9_200)
    await clock.advance(shareLimits.presenceMs)
    assert.equal(port(), 9_100)
    await clock.advance(2 * shareLimits.presencePollMs)
    assert.equal(port(), 9_200)
    assert.deepEqual(next.notices, [])
  })

  test('takes the place of a killed sidecar with the same port at once', async (context) => {
    const { start, incarnation } = await bench(context)
    start(9_100).kill()
    const before = incarnation()
    start(9_100)
    assert.notEqual(incarnation(), before)
  })

  const needsRoot = { skip: process.getuid?.() !== 0 && 'only root writes for other users' }
  test(
    'of root has a file that each user reads, whatever the umask',
    needsRoot,
    async (context) => {
      const { directory, start } = await bench(context)
      const umask = process.umask(0o077)
      context.after(() => process.umask(umask))
      start(9_100)
      const home = userDirectory(directory)
      assert.equal(lstatSync(home).mode & 0o777, 0o711)
      assert.equal(lstatSync(join(home, presenceFile)).mode & 0o777, 0o644)
    },
  )
})

async function bench(context: TestContext) {
  const directory = await temporaryDirectory(context)
  const clock = new ManualClock()
  const start = (given: number) => {
    const notices: string[] = []
    const timers = { isKilled: false }
    const announcement = new Announcement({
      directory,
      address: { kind: 'tcp', host: '127.0.0.1', port: given },
      readsRedis: false,
      onNotice: (text) => notices.push(text),
      clock: {
        now: clock.now,
        after: (ms, act) => clock.after(ms, () => (timers.isKilled ? undefined : act())),
      },
    })
    const kill = (): void => {
      timers.isKilled = true
    }
    return { announcement, notices, kill }
  }
  return {
    directory,
    clock,
    start,
    port: () => findPresence(directory)?.port,
    incarnation: () => findPresence(directory)?.incarnation,
  }
}
