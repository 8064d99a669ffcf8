import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { readerEnvironment } from '../../support/examples/started-example.ts'
import {
  eventually,
  fetchText,
  freePort,
  nodeUnderTest,
  startProgram,
} from '../../support/programs/app.ts'

const script = join(import.meta.dirname, '../../../scripts/example.ts')

for (const [name, signal, isForGroup] of [
  ['Ctrl-C', 'SIGINT', true],
  ['SIGTERM', 'SIGTERM', false],
] as const) {
  test(`The script runs an example until ${name}, and leaves nothing`, async (context) => {
    const [port, metricsPort] = [String(await freePort()), String(await freePort())]
    const ports = { PORT: port, PROMETHEUS_METRICS_PORT: metricsPort }
    const env = readerEnvironment({ ...ports, PROMETHEUS_BIND_ADDRESS: '127.0.0.1' })
    const { child, stderr, ended } = startProgram([process.execPath, script, 'single'], env)
    context.after(async () => {
      child.kill('SIGTERM')
      await ended
    })
    const page = async (): Promise<string> =>
      await fetchText(`http://127.0.0.1:${metricsPort}/metrics`)
    await eventually(async () => {
      if (child.exitCode !== null) return
      assert.match(await page(), /worker_requests_total/)
    }, 120_000)
    assert.equal(child.exitCode, null, stderr())
    const directory = /the example is in (\S+)/.exec(stderr())?.[1] ?? ''
    assert.ok(existsSync(directory), stderr())
    const pid = child.pid ?? 0
    process.kill(isForGroup ? -pid : pid, signal)
    await ended
    assert.ok(!existsSync(dirname(directory)))
    await assert.rejects(page())
  })
}

test('The script lists the examples for an unknown name', async () => {
  const program = startProgram([process.execPath, script, 'none'], { PATH: dirname(nodeUnderTest) })
  assert.deepEqual(await program.ended, { code: 2, signal: null })
  assert.match(program.stderr(), /one of: cluster, .*express, /)
})
