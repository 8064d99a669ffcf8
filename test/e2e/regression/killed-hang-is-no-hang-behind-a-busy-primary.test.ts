// Bug: the kernel shows a killed worker without memory, and then as a zombie, until the primary has
// seen the end. A look at the worker in this time ended the hang: the death had neither the hang
// nor the stack, and could have 0 bytes of memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, startApp } from '../../support/programs/app.ts'
import { deathLines } from '../../support/programs/dying.ts'
import { sendUnanswered, workersStatus } from '../../support/programs/hang.ts'
import { hangStacks } from '../../support/programs/hanging.ts'

const needsProc = { skip: process.platform !== 'linux' && 'the system has no /proc' }

test('A hung worker that is killed while its primary is busy dies hung', needsProc, async () => {
  const env = { ...hangStacks, WORKERS: '2' }
  const app = await startApp({ file: 'apps/hanging/server.cjs', env })
  try {
    sendUnanswered(await app.ready(), '/forever')
    const { pid } = await eventually(async () => {
      const { workers } = await workersStatus(app)
      const worker = workers.find(({ hang, kernel }) => hang?.heldBy && kernel?.cpuPercent)
      assert.ok(worker, JSON.stringify(workers))
      return worker
    })
    // The primary spins for three seconds. Meanwhile the exporter thread looks at the zombie.
    process.kill(app.child.pid ?? 0, 'SIGUSR2')
    await sleep(500)
    process.kill(pid, 'SIGKILL')
    const death = await eventually(async () => {
      const [last] = (await workersStatus(app)).deaths
      assert.ok(last)
      return last
    })
    assert.ok((death.hang?.seconds ?? 0) >= 2, JSON.stringify(death))
    assert.match(death.hang?.heldBy ?? '', /^forever \(/)
    assert.ok((death.memoryBytes ?? 0) > 10e6, JSON.stringify(death))
    await eventually(() => assert.match(deathLines(app).at(-1) ?? '', /hung for .*held by forever/))
  } finally {
    await app.stop()
  }
})
