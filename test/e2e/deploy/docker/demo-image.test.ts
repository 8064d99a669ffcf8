import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startContainer } from '../../../support/images/container.ts'
import { buildImage, imageTools } from '../../../support/images/image.ts'
import { eventually, fetchText, freePort } from '../../../support/programs/app.ts'
import { latestFirst } from '../../../support/programs/belongings.ts'
import { parsePage, sum } from '../../../support/prometheus/page.ts'
import { need } from '../../../support/tools.ts'

const dockerfile = 'deploy/docker/Dockerfile'

test('The images of the demo run without root, and the page has what the load sends', async (t) => {
  const context = latestFirst(t)
  if (need(t, imageTools()) === undefined) return
  const demo = await buildImage(context, { dockerfile, target: 'demo' })
  const generator = await buildImage(context, { dockerfile, target: 'load' })
  t.diagnostic(`demo ${demo.megabytes} MB, load ${generator.megabytes} MB`)
  const [port, metricsPort] = [await freePort(), await freePort()]
  const app = startContainer({
    image: demo,
    env: { PORT: `${port}`, PROMETHEUS_METRICS_PORT: `${metricsPort}` },
  })
  context.after(app.stop)
  const [node = '', script = ''] = demo.healthCommand
  const probe = [node, script, `http://127.0.0.1:${port}/health`]
  await eventually(() => assert.equal(app.run(probe).status, 0))

  const load = startContainer({
    image: generator,
    env: {
      TARGETS: `http://127.0.0.1:${port}`,
      MIX: 'product=1',
      FAULT_EVERY_SECONDS: '0',
      DURATION_SECONDS: '5',
    },
  })
  context.after(load.stop)
  assert.deepEqual(await load.ended, { code: 0, signal: null }, load.stderr())
  const { sent, statuses } = JSON.parse(load.stdout()) as Counts
  assert.deepEqual(statuses, { 200: sent })
  await eventually(async () => {
    const page = parsePage(await fetchText(`http://127.0.0.1:${metricsPort}/metrics`))
    const labels = { http_route: '/products/:id' }
    assert.equal(sum(page, 'http_server_request_duration_seconds_count', labels), sent)
  })

  const begin = performance.now()
  process.kill(app.init(), 'SIGTERM')
  assert.deepEqual(await app.ended, { code: 0, signal: null }, app.stderr())
  t.diagnostic(`run ended ${Math.round(performance.now() - begin)} ms after SIGTERM`)
})

interface Counts {
  readonly sent: number
  readonly statuses: Readonly<Record<string, number>>
}
