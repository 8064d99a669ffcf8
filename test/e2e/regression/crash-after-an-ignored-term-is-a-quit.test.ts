// Bug: an application ignored SIGTERM and crashed by a signal later. The end had the reason `quit`,
// so no alert for crashes saw the crash.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { type Master, withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

const ignoring = { file: 'run/ignores-term.cjs', options: ['--graceful-timeout', '60'] }

async function assertEnd(master: Master, reason: string, restart_type: string): Promise<void> {
  await eventually(async () => {
    const labels = { reason, restart_type }
    const page = await master.page()
    assert.equal(sum(page, 'gunicorn_worker_restart_count_total', labels), 1)
    assert.equal(sum(page, 'gunicorn_worker_restart_total'), 1)
  })
}

describe('A worker of run that ignored SIGTERM', () => {
  const rows: readonly (readonly [NodeJS.Signals | 'abort()', string, string])[] = [
    ['SIGSEGV', 'sigsegv', 'crash'],
    ['SIGABRT', 'abort', 'forced'],
    ['abort()', 'abort', 'forced'],
    ['SIGKILL', 'sigkill', 'forced'],
  ]
  for (const [end, reason, type] of rows) {
    test(`and ends by ${end} has the reason ${reason}`, async () => {
      await withMaster(ignoring, async (master) => {
        const [pid = 0] = await master.serving(1)
        process.kill(pid, 'SIGTERM')
        await eventually(() => assert.match(master.stdout(), /got SIGTERM/))
        process.kill(pid, end === 'abort()' ? 'SIGUSR2' : end)
        await assertEnd(master, reason, type)
        assert.match(master.stderr(), new RegExp(`\\(pid:${pid}\\) ended: ${reason} \\(${type}`))
      })
    })
  }
})

describe('A retiring worker of run', () => {
  test('that crashes by SIGSEGV has the reason sigsegv', async () => {
    await withMaster(ignoring, async (master) => {
      const [pid = 0] = await master.serving(1)
      master.signal('SIGHUP')
      await eventually(() => assert.match(master.stdout(), /got SIGTERM/))
      process.kill(pid, 'SIGSEGV')
      await assertEnd(master, 'sigsegv', 'crash')
    })
  })

  test('killed after the graceful timeout has the reason of the master', async () => {
    const options = { ...ignoring, options: ['--graceful-timeout', '1'] }
    await withMaster(options, async (master) => {
      await master.serving(1)
      master.signal('SIGHUP')
      await assertEnd(master, 'hup', 'forced')
    })
  })
})
