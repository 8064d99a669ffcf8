import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TopJson } from '../../../src/commands/top/top-json.ts'
import { endGroup, eventually, freePort, startProgram } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { need, pythonWithExporter } from '../../support/tools.ts'
import { runTop } from '../../support/top/run-top.ts'

const application = `
def app(environ, start_response):
    if environ['PATH_INFO'] == '/error':
        raise ValueError('no')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'ok']
`

function configuration(port: number): string {
  return `
from gunicorn_prometheus_exporter.hooks import default_on_starting, default_post_fork
from gunicorn_prometheus_exporter.hooks import default_when_ready
bind = '127.0.0.1:${port}'
workers = 2
worker_class = 'gunicorn_prometheus_exporter.PrometheusWorker'
on_starting = default_on_starting
post_fork = default_post_fork
when_ready = default_when_ready
`
}

test('top shows the page of the Python exporter, and says what is missing', async (context) => {
  const python = need(context, pythonWithExporter())
  if (python === undefined) return
  const directory = await temporaryDirectory(context)
  const [port, metricsPort] = [await freePort(), await freePort()]
  writeFileSync(join(directory, 'app.py'), application)
  writeFileSync(join(directory, 'gunicorn.conf.py'), configuration(port))
  const variables = {
    PROMETHEUS_METRICS_PORT: String(metricsPort),
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    PROMETHEUS_MULTIPROC_DIR: directory,
    GUNICORN_WORKERS: '2',
  }
  const { child, stderr } = startProgram(
    [python, '-m', 'gunicorn', 'app:app'],
    variables,
    directory,
  )
  context.after(() => endGroup(child))
  const shown = await eventually(async () => {
    for (const path of ['/', '/', '/', '/', '/error']) await get(port, path)
    const { code, stdout, stderr: told } = await runTop(['--json', `127.0.0.1:${metricsPort}`])
    assert.equal(code, 0, `${told}\n${stderr()}`)
    const document = JSON.parse(stdout) as TopJson
    assert.ok(document.workers.length > 0, 'no worker')
    assert.ok(document.routes.length > 0, 'no failed request')
    return document
  }, 60_000)
  assert.deepEqual([shown.source, shown.kind, shown.exporterVersion], ['metrics', 'cluster', null])
  assert.match(shown.notes.join(), /^Python’s page: .* A hang does not show\.$/)
  const [worker] = shown.workers
  assert.match(worker?.workerId ?? '', /^worker_\d+_\d+$/)
  assert.ok((worker?.memoryBytes ?? 0) > 1e6 && (worker?.pid ?? 0) > 1)
  assert.ok((worker?.requests ?? 0) > 0 && worker?.requestsPerSecond !== null)
  assert.deepEqual([worker?.inFlight, worker?.hang, worker?.heapUsedBytes], [null, null, null])
  assert.deepEqual([shown.deaths, shown.instances], [[], []])
  const [route] = shown.routes
  assert.deepEqual([route?.route, route?.requests], ['/error', null])
  assert.equal(route?.errorTypes[0]?.errorType, 'ValueError')
  const { stdout } = await runTop([`127.0.0.1:${metricsPort}`])
  assert.match(stdout, /^Note: Python’s page/m)
})
