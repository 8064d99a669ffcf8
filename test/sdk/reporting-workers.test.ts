import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { relayLimits } from '../../src/limits/relay.ts'
import { ReportingWorkers } from '../../src/sdk/reporting-workers.ts'

const answer = { cmd: 'NODE_GUNICORN_HAS_REPORTED', stream: 'sdk' }

describe('ReportingWorkers', () => {
  test('waits until each worker has answered or ended', async (context) => {
    const { workers, children, state } = await scene(context)
    const report = state(workers.report(100 * relayLimits.lastReportsMs))
    await once(child(children, 0), 'message')
    child(children, 0).send({ sent: answer })
    await once(child(children, 0), 'internalMessage')
    assert.equal(report.isSettled(), false)
    workers.release(2)
    await report.settled
  })

  test('stops waiting after relayLimits.lastReportsMs', async (context) => {
    const { workers } = await scene(context)
    await workers.report(relayLimits.lastReportsMs / 50)
  })

  test('keeps nothing of a wait that has ended', async (context) => {
    const { workers } = await scene(context)
    const later = relayLimits.lastReportsMs * 1_000
    const reports = [workers.report(relayLimits.lastReportsMs / 50), workers.report(later)]
    await Promise.all(reports)
  })

  test('asks once for two callers', async (context) => {
    const { workers, children } = await scene(context)
    const reports = [workers.report(), workers.report()]
    const questions: unknown[] = []
    child(children, 0).on('message', (message) => questions.push(message))
    for (const each of children) each.send({ sent: answer })
    await Promise.all(reports)
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(questions.length <= 1)
  })

  test('resolves at once without workers, and after clear()', async (context) => {
    await new ReportingWorkers().report()
    const { workers } = await scene(context)
    const report = workers.report(100 * relayLimits.lastReportsMs)
    workers.clear()
    await report
  })
})

function child(children: readonly ChildProcess[], index: number): ChildProcess {
  return children[index] ?? assert.fail()
}

/** Two workers that answer nothing by themselves. */
async function scene(context: TestContext) {
  const file = join(import.meta.dirname, '../fixtures/relay/echo.cjs')
  const children = [1, 2].map(() => fork(file, { execArgv: [] }))
  for (const each of children) context.after(() => each.kill('SIGKILL'))
  const workers = new ReportingWorkers()
  for (const [index, each] of children.entries()) workers.add(index + 1, each, () => {})
  await Promise.all(children.map((each) => once(each, 'message')))
  const state = (promise: Promise<void>) => {
    let isSettled = false
    const settled = promise.then(() => {
      isSettled = true
    })
    return { settled, isSettled: () => isSettled }
  }
  return { workers, children, state }
}
