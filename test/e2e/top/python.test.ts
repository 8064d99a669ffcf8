import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopJson } from '../../../src/commands/top/top-json.ts'
import { eventually } from '../../support/programs/app.ts'
import { startPythonExporter } from '../../support/programs/python-exporter.ts'
import { need, pythonWithExporter } from '../../support/tools.ts'
import { runTop } from '../../support/top/run-top.ts'

test('top shows the page of the Python exporter, and says what is missing', async (context) => {
  const python = need(context, pythonWithExporter())
  if (python === undefined) return
  const { metricsPort, send, stderr } = await startPythonExporter(context, python)
  const shown = await eventually(async () => {
    await send()
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
