import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { nodeUnderTest, preloadFlags } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const text = `
  const cluster = require('node:cluster')
  if (cluster.isPrimary) cluster.fork()
  else process.disconnect()
`

/** A primary loads the runtime at its first fork, and a worker while the preload itself loads. */
test('A preload without the other files says in every process what to do', async (context) => {
  const directory = await temporaryDirectory(context)
  const preload = join(directory, 'register.cjs')
  const [, original = ''] = preloadFlags('require', directory)
  copyFileSync(original, preload)
  const program = join(directory, 'app.cjs')
  writeFileSync(program, text)
  const script = `"${nodeUnderTest}" --require "${preload}" "${program}" 2>&1`
  const output = execFileSync('sh', ['-c', script], { encoding: 'utf8', timeout: 60_000 })
  const found = output.match(/the exporter is switched off: runtime\.cjs is missing beside/g)
  assert.equal(found?.length, 2, output)
})
