import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { eventually, fetchText, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { load } from '../../support/programs/load.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { select, sum } from '../../support/prometheus/page.ts'

const skip = process.getuid?.() !== 0 && 'only root starts programs of other users'
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']

describe('A sidecar of root', { skip }, () => {
  test('is found by an application of another user, and shows the application', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    await chmod(directory, 0o1777)
    const sidecar = await startServe({ args: ['--multiproc-dir', directory] })
    context.after(() => sidecar.stop())
    const { port: metricsPort } = new URL(sidecar.metricsUrl)
    const env = { PROMETHEUS_MULTIPROC_DIR: directory, PROMETHEUS_METRICS_PORT: metricsPort }
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', env, through: nobody })
    context.after(() => app.stop())
    await load({ port: await app.ready(), paths: ['/'], count: 20, connections: 2 })
    await eventually(async () => {
      const page = await sidecar.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), 20)
      assert.equal(select(page, 'gunicorn_sidecar_uptime_seconds').length, 1)
    })
    assert.match(app.stderr(), /a sidecar shows the metrics on port/)
    assert.doesNotMatch(app.stderr(), /EADDRINUSE/)
  })
})

test('A second sidecar with another port logs that the first sidecar is found', async (given) => {
  const context = latestFirst(given)
  const directory = await temporaryDirectory(context)
  const first = await startServe({ args: ['--multiproc-dir', directory] })
  context.after(() => first.stop())
  const second = await startServe({ args: ['--multiproc-dir', directory] })
  context.after(() => second.stop())
  const { port } = new URL(first.metricsUrl)
  const line = new RegExp(`find another sidecar on port ${port}, and not this sidecar`, 'g')
  await eventually(() => assert.match(second.stderr(), line))
  const env = { PROMETHEUS_MULTIPROC_DIR: directory, PROMETHEUS_METRICS_PORT: port }
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
  context.after(() => app.stop())
  await app.ready()
  await eventually(() => assert.match(app.stderr(), /a sidecar shows the metrics on port/))
  assert.equal(second.stderr().match(line)?.length, 1)
  assert.doesNotMatch(first.stderr(), /another sidecar/)
  // The second sidecar takes over, and has another port than the application.
  first.child.kill('SIGTERM')
  await eventually(async () => {
    assert.match(app.stderr(), new RegExp(`no sidecar has port ${port} any more`))
    assert.match(await fetchText(app.metricsUrl), /^gunicorn_worker_info/m)
  })
})
