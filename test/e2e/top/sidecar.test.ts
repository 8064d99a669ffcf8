import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { startTop } from '../../support/top/run-top.ts'

test('top shows the instances of a sidecar, and one instance on Enter', async (given) => {
  const context = latestFirst(given)
  const directory = await temporaryDirectory(context)
  for (let count = 0; count < 2; count += 1) {
    const app = await startApp({
      file: 'apps/single/single.cjs',
      env: { PROMETHEUS_SHARED_DIR: directory },
    })
    context.after(() => app.stop())
    await app.ready()
  }
  const sidecar = await startServe({ args: ['--shared-dir', directory] })
  context.after(() => sidecar.stop())
  const url = sidecar.metricsUrl.replace('/metrics', '')
  const terminal = startTop(context, [url, '-w', 'instances', '-d', '0.5'], { columns: 120 })
  if (terminal === undefined) return
  const found = async (pattern: RegExp, count: number): Promise<void> => {
    await eventually(() => {
      const lines = terminal.screen()
      assert.equal(lines.filter((line) => pattern.test(line)).length, count, lines.join('\n'))
    }, 60_000)
  }
  await found(/^live +\S+ +directory /, 2)
  terminal.press('1')
  await found(/^running /, 2)
  terminal.press('3')
  await found(/^A sidecar has no deaths: each instance keeps its own\.$/, 1)
  terminal.press('4')
  await found(/^live /, 2)
  terminal.press('Enter')
  await found(/^running /, 1)
  await found(/ · instance \S+ · sidecar/, 1)
  terminal.press('Escape')
  await found(/^running /, 2)
  terminal.press('q')
  await found(/^END 0$/, 1)
})
