import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fixtures, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { examine } from '../../support/programs/doctor.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

// Node.js can wait for ever in process.exit(), while V8 compiles (nodejs/node#54918).
describe('A command ends without process.exit()', () => {
  const env = { NODE_OPTIONS: `--require ${join(fixtures, 'apps/commands/told-exit.cjs')}` }

  test('doctor', async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: 'apps/cluster/cluster.cjs' })
    context.after(() => app.stop())
    await app.ready()
    // examine() refuses any text on stderr.
    await examine({ args: ['--pid', `${app.child.pid}`], env })
  })

  test('serve', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const sidecar = await startServe({ env: { ...env, PROMETHEUS_SHARED_DIR: directory } })
    context.after(() => sidecar.stop())
    sidecar.child.kill('SIGTERM')
    assert.deepEqual(await sidecar.ended, { code: 0, signal: null })
    assert.doesNotMatch(sidecar.stderr(), /process\.exit/)
  })
})
