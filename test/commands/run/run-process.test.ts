import assert from 'node:assert/strict'
import cluster from 'node:cluster'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RunProcess } from '../../../src/commands/run/run-process.ts'
import { resolvedOf, resolveSettings } from '../../../src/config/resolve/resolve.ts'
import { runSettings } from '../../support/master/run-settings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

test('RunProcess changes nothing when the user of new settings does not exist', async (context) => {
  const start = await temporaryDirectory(context)
  const next = join(start, 'next')
  mkdirSync(next)
  for (const directory of [start, next]) writeFileSync(join(directory, 'app.cjs'), '')
  const exporter = resolvedOf(resolveSettings({ environment: {} })).settings
  const settings = runSettings({ app: 'app.cjs', start, directory: start, exporter })
  const runProcess = new RunProcess(settings)
  const refused = {
    ...settings,
    directory: next,
    variables: { RUN_PROCESS_TEST: '1' },
    exporter: { ...exporter, user: 'no-such-user' },
  }
  assert.throws(() => runProcess.accept(refused), /no-such-user does not exist/)
  assert.equal(runProcess.invocation.directory, start)
  assert.equal(process.env['RUN_PROCESS_TEST'], undefined)
  assert.equal(cluster.settings.exec, join(start, 'app.cjs'))
})
