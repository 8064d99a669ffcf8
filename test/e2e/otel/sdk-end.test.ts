import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestsOfRun, startReceivers } from '../../support/ends/ends-run.ts'
import { pushedTotals } from '../../support/ends/group-end.ts'
import { startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { load } from '../../support/programs/load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const runs = 2

const workers = {
  exit: 'exit at the signal',
  shutdown: 'shut their SDK down at the signal',
  stay: 'stay',
} as const

test('The last push of a user’s SDK, after SIGTERM to all processes,', async (context) => {
  const belongings = latestFirst(context)
  const receivers = await startReceivers(belongings, await temporaryDirectory(belongings))
  if (!receivers) return
  const ended = async (worker: string): Promise<number> => {
    const app = await startApp({
      file: 'apps/sdk/sdk-group-end.cjs',
      preload: 'none',
      env: { ...receivers.env, WORKER_END: worker },
    })
    try {
      await load({ port: await app.ready(), paths: ['/'], count: requestsOfRun, connections: 4 })
      const { pid = 0 } = app.child
      process.kill(-pid, 'SIGTERM')
      assert.deepEqual(await app.ended, { code: 0, signal: null })
      return pid
    } finally {
      await app.stop()
    }
  }
  for (const [worker, name] of Object.entries(workers)) {
    await context.test(`has all counts of workers that ${name}`, async () => {
      const pids: number[] = []
      for (let run = 0; run < runs; run += 1) pids.push(await ended(worker))
      const all = runs * requestsOfRun
      const pushed = await pushedTotals(receivers.file, pids)
      assert.deepEqual(pushed, { requests: all, orders: all })
    })
  }
  await context.test('waits for no worker that dies by the signal', async () => {
    await ended('none')
  })
})
