// Bug: Node throws an error such as ENOMEM when the system refuses a fork. The error ended the
// master, and the whole service with it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

/** Called in the master. The system starts no process with an environment of this size. */
const refusal = (hook: string): string =>
  `exports.${hook} = () => {
    process.env.TOO_LARGE = 'x'.repeat(1_000_000)
    process.once('SIGUSR1', () => delete process.env.TOO_LARGE)
  }`

test('The master retries a refused fork while the other workers serve', async () => {
  await withHooks(refusal('workerExit'), async (hooks) => {
    await withMaster({ options: ['-w', '2', '--hooks', hooks] }, async (master) => {
      const [pid = 0, other] = await master.serving(2)
      process.kill(pid, 'SIGKILL')
      await eventually(() => {
        assert.ok(countLines(master.stderr(), 'Cannot fork a worker: spawn E2BIG') >= 3)
      })
      assert.equal((await get(master.port, '/')).body, String(other))
      master.signal('SIGUSR1')
      assert.ok((await master.serving(2)).includes(other ?? 0))
      await eventually(async () => {
        assert.equal(sum(await master.page(), 'gunicorn_master_worker_restarts_total'), 1)
      })
    })
  })
})

test('The master ends with exit code 3 if the system refuses every fork', async () => {
  await withHooks(refusal('onStarting'), async (hooks) => {
    await withMaster({ options: ['-w', '4', '--hooks', hooks] }, async (master) => {
      assert.deepEqual(await master.ended, { code: 3, signal: null })
      assert.match(master.stderr(), /\[CRITICAL\] Workers do not boot: 12 in a row/)
      assert.equal(countLines(master.stderr(), 'Cannot fork a worker'), 12)
    })
  })
})

async function withHooks(source: string, act: (file: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'run-deaths-'))
  try {
    writeFileSync(join(directory, 'hooks.cjs'), source)
    await act(join(directory, 'hooks.cjs'))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
