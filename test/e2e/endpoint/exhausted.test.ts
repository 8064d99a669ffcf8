import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { eventually, fetchText, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { parsePage, sum } from '../../support/prometheus/page.ts'

const isPosix = { skip: process.platform === 'win32' }

test('Without a free descriptor, one line tells, and the endpoint recovers', isPosix, async (t) => {
  const app = await startApp({
    file: 'apps/single/single.cjs',
    env: { PROMETHEUS_MAX_CONNECTIONS: '1000' },
    through: ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh'],
  })
  t.after(app.stop)
  const port = await app.ready()
  await eventually(() => app.page())
  const sockets = Array.from({ length: 200 }, () => idle(Number(new URL(app.metricsUrl).port)))
  t.after(() => closeAll(sockets))
  await eventually(() => assert.match(app.stderr(), /has no free descriptor \(EMFILE\)/))
  closeAll(sockets)
  await eventually(async () => {
    const page = parsePage(await fetchText(app.metricsUrl))
    const component = 'gunicorn_worker_memory_bytes'
    assert.ok(sum(page, 'gunicorn_exporter_faults_total', { component }) > 0)
  })
  assert.equal((await get(port, '/')).status, 200)
  await eventually(() => assert.match(app.stderr(), /has free descriptors again/))
  assert.equal(app.stderr().match(/has no free descriptor/g)?.length, 1)
})

test('Wrong passwords are counted, and cause no line', async (t) => {
  const app = await startApp({
    file: 'apps/single/single.cjs',
    env: { PROMETHEUS_AUTH_USERNAME: 'user', PROMETHEUS_AUTH_PASSWORD: 'right' },
  })
  t.after(app.stop)
  await app.ready()
  const ask = async (password: string): Promise<Response> => {
    const authorization = `Basic ${Buffer.from(`user:${password}`).toString('base64')}`
    return await fetch(app.metricsUrl, { headers: { authorization } })
  }
  await eventually(async () => assert.equal((await ask('right')).status, 200))
  for (let round = 0; round < 20; round += 1) {
    const answers = await Promise.all(Array.from({ length: 25 }, (_, index) => ask(`${index}`)))
    for (const answer of answers) {
      assert.equal(answer.status, 401)
      await answer.arrayBuffer()
    }
  }
  const page = parsePage(await (await ask('right')).text())
  assert.equal(sum(page, 'gunicorn_exporter_scrapes_total', { status_code: '401' }), 500)
  assert.equal(app.stderr(), '')
})

function idle(port: number): Socket {
  return connect(port, '127.0.0.1').on('error', () => {})
}

function closeAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy()
}
