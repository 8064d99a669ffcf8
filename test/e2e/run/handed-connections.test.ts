import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Master, startMaster } from '../../support/programs/master.ts'

/*
 * A connection on the way to a worker that dies before the worker acknowledges the connection. Node
 * never closes such a connection.
 */

const kills = 6

async function serving(
  context: TestContext,
  { workers, options = [] }: { readonly workers: number; readonly options?: readonly string[] },
): Promise<Master> {
  const master = await startMaster({ options: ['-w', String(workers), ...options] })
  context.after(() => master.stop())
  await master.serving(workers)
  return master
}

/** The open sockets of the master. */
function socketsOf({ child }: Master): number {
  const directory = `/proc/${child.pid}/fd`
  return readdirSync(directory).filter((fd) => {
    try {
      return readlinkSync(`${directory}/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length
}

/** Sends requests on connections of their own. @returns when all of them have their answers. */
function ask(master: Master, count: number): Promise<unknown> {
  const answers = Array.from({ length: count }, () => get(master.port, '/'))
  return Promise.all(answers)
}

/** Waits until the master has as many sockets as before the kills. */
async function assertNoLeak(master: Master, before: number): Promise<void> {
  await eventually(() => assert.equal(socketsOf(master), before))
}

describe('A worker that is killed loses no connection that it has not acknowledged', () => {
  test('when the worker was stopped, and other workers serve', async (context) => {
    const master = await serving(context, { workers: 2 })
    const before = socketsOf(master)
    for (let kill = 0; kill < kills; kill += 1) {
      const [pid = 0] = master.workers()
      process.kill(pid, 'SIGSTOP')
      const answers = ask(master, 8)
      await eventually(() => assert.ok(socketsOf(master) > before))
      process.kill(pid, 'SIGKILL')
      await answers
      await master.serving(2)
    }
    await assertNoLeak(master, before)
  })

  test('when the worker was stopped, and no other worker serves', async (context) => {
    const master = await serving(context, { workers: 1 })
    const before = socketsOf(master)
    for (let kill = 0; kill < kills; kill += 1) {
      const [pid = 0] = master.workers()
      process.kill(pid, 'SIGSTOP')
      const answers = ask(master, 8)
      await eventually(() => assert.equal(socketsOf(master), before + 8))
      process.kill(pid, 'SIGKILL')
      await answers
      await master.serving(1)
    }
    await assertNoLeak(master, before)
  })

  test('when the event loop of the worker was blocked for --timeout', async (context) => {
    const master = await serving(context, { workers: 2, options: ['--timeout', '3'] })
    const before = socketsOf(master)
    for (let kill = 0; kill < 3; kill += 1) {
      const [cut] = await Promise.all([
        get(master.port, '/hang').catch(({ code }) => code),
        eventually(() => ask(master, 8)),
      ])
      assert.equal(cut, 'ECONNRESET')
      await master.serving(2)
    }
    await assertNoLeak(master, before)
  })
})
