import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { readerEnvironment } from '../../support/examples/started-example.ts'
import {
  endGroup,
  eventually,
  fetchText,
  freePort,
  nodeUnderTest,
  startProgram,
} from '../../support/programs/app.ts'

const script = join(import.meta.dirname, '../../../scripts/example.ts')

test('The script runs an example until Ctrl-C, and leaves no directory', async (context) => {
  const [port, metricsPort] = [String(await freePort()), String(await freePort())]
  const ports = { PORT: port, PROMETHEUS_METRICS_PORT: metricsPort }
  const env = readerEnvironment({ ...ports, PROMETHEUS_BIND_ADDRESS: '127.0.0.1' })
  const { child, stderr, ended } = startProgram([process.execPath, script, 'single'], env)
  context.after(() => endGroup(child))
  await eventually(async () => {
    assert.match(
      await fetchText(`http://127.0.0.1:${metricsPort}/metrics`),
      /worker_requests_total/,
    )
  }, 120_000)
  const directory = /the example is in (\S+)/.exec(stderr())?.[1] ?? ''
  assert.ok(existsSync(directory), stderr())
  process.kill(-(child.pid ?? 0), 'SIGINT')
  await ended
  assert.ok(!existsSync(dirname(directory)))
})

test('The script lists the examples for an unknown name', async () => {
  const program = startProgram([process.execPath, script, 'none'], { PATH: dirname(nodeUnderTest) })
  assert.deepEqual(await program.ended, { code: 2, signal: null })
  assert.match(program.stderr(), /one of: cluster, .*express, /)
})
