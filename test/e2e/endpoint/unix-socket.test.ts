import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { ask } from '../../support/endpoint/endpoint.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'

const scratch = scratchDirectory()

test('A unix socket is removed at a normal end and replaced after a kill', async () => {
  const path = join(scratch, 'metrics.sock')
  const run = async (): Promise<App> => {
    const env = { PROMETHEUS_BIND_ADDRESS: `unix:${path}` }
    const app = await startApp({ file: 'apps/single/exiting.cjs', env })
    await app.ready()
    await eventually(async () => assert.equal((await ask(0, { socketPath: path })).status, 200))
    return app
  }
  const killed = await run()
  await killed.stop()
  assert.ok(existsSync(path))
  const exiting = await run()
  await ask(await exiting.ready(), { path: '/exit' }).catch(() => {})
  assert.deepEqual(await exiting.ended, { code: 0, signal: null })
  assert.ok(!existsSync(path))
  assert.equal(exiting.stderr(), '')
})
