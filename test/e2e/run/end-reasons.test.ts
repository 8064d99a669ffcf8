import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { type Master, type MasterOptions, withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

/** Signals a worker. Waits until the page has this reason and this type. */
async function assertEnd(master: Master, signal: NodeJS.Signals, end: string): Promise<void> {
  const [reason = '', restart_type = ''] = end.split(' ')
  const workers = await master.serving(2)
  for (const name of ['gunicorn_worker_restart_total', 'gunicorn_worker_restart_count_total']) {
    const zeros = sum(await master.page(), name, { reason })
    // A series with a rare reason starts at its first end.
    if (reason !== 'sigsegv') assert.equal(zeros, 0)
  }
  process.kill(workers[0] ?? 0, signal)
  await eventually(async () => {
    const page = await master.page()
    const labels = { reason, restart_type }
    assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason }), 1)
    assert.equal(sum(page, 'gunicorn_worker_restart_count_total', labels), 1)
    assert.equal(sum(page, 'gunicorn_master_worker_restart_count_total', labels), 1)
    assert.equal(sum(page, 'gunicorn_worker_restart_total'), 1)
    assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 1)
  })
  await master.serving(2)
}

describe('The end of a worker of run', () => {
  type Row = readonly [title: string, options: MasterOptions, signal: NodeJS.Signals, end: string]
  const own = { file: 'run/own-term.cjs', options: ['-w', '2'] }
  const served = { options: ['-w', '2'] }
  const rows: readonly Row[] = [
    ['by SIGTERM from elsewhere', served, 'SIGTERM', 'quit graceful'],
    ['by SIGQUIT from elsewhere', served, 'SIGQUIT', 'quit graceful'],
    ['by SIGTERM, to an application with a listener', own, 'SIGTERM', 'quit graceful'],
    ['by SIGABRT from elsewhere', served, 'SIGABRT', 'abort forced'],
    ['by SIGKILL from elsewhere', served, 'SIGKILL', 'sigkill forced'],
    ['by SIGSEGV', served, 'SIGSEGV', 'sigsegv crash'],
  ]
  for (const [title, options, signal, end] of rows) {
    test(`${title} is ${end}, and the worker is replaced once`, async () => {
      await withMaster(options, async (master) => await assertEnd(master, signal, end))
    })
  }

  test('by the timeout of the master is timeout forced, as before', async () => {
    // A shorter timeout ends workers that start slowly beside other tests.
    await withMaster({ options: ['-w', '2', '--timeout', '4'] }, async (master) => {
      const [pid = 0] = await master.serving(2)
      process.kill(pid, 'SIGSTOP')
      await eventually(async () => {
        const labels = { reason: 'timeout', restart_type: 'forced' }
        const page = await master.page()
        assert.equal(sum(page, 'gunicorn_worker_restart_count_total', labels), 1)
        assert.equal(sum(page, 'gunicorn_worker_restart_total'), 1)
      })
    })
  })

  for (const [signal, reason] of [
    ['SIGTERM', 'term'],
    ['SIGQUIT', 'quit'],
  ] as const) {
    test(`by ${signal} to the whole group has the reason of the master, ${reason}`, async () => {
      await withMaster({ options: ['-w', '2'] }, async (master) => {
        await master.serving(2)
        process.kill(-(master.child.pid ?? 0), signal)
        assert.deepEqual(await master.ended, { code: 0, signal: null })
        assert.doesNotMatch(master.stderr(), /\[ERROR\]/)
      })
    })
  }
})
