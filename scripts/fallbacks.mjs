// Runs the end-to-end tests once for each way to be without the addon of mapped memory. Programs
// then write crash files. Prints a table for docs/testing.md.
//
//   npm run test:fallbacks                               all ways, test/e2e and test/faults
//   npm run test:fallbacks -- --way no-addons            one way
//   npm run test:fallbacks -- 'test/e2e/preload/*.ts'    these files
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ways } from './fallbacks/ways.mjs'
import { runTests } from './matrix/tests.mjs'

const { values, positionals } = parseArgs({
  options: { way: { type: 'string' } },
  allowPositionals: true,
})
const chosen = ways.filter(({ name }) => values.way === undefined || name === values.way)
if (chosen.length === 0) {
  throw new Error(`--way is one of: ${ways.map(({ name }) => name).join(', ')}`)
}
const files =
  positionals.length > 0 ? positionals : ['test/e2e/**/*.test.ts', 'test/faults/*.test.ts']
const directory = mkdtempSync(join(tmpdir(), 'fallbacks-'))
// Workers of another user run the programs of the project.
chmodSync(directory, 0o755)
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))

process.stdout.write('| way | reason of the loader | passed | failed | skipped | minutes |\n')
process.stdout.write('|---|---|--:|--:|--:|--:|\n')
for (const way of chosen) {
  const start = Date.now()
  const { node, project, reason } = await way.prepare(join(directory, way.name))
  const { passed, failed, skipped, isGood, log } = await runTests({
    ...{ node, project, files },
    report: join(directory, `${way.name}.txt`),
    env: { ADDON_UNDER_TEST: 'none' },
  })
  const minutes = Math.round((Date.now() - start) / 60_000)
  const cells = [way.title, reason, passed, failed, skipped, minutes]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
  if (isGood) continue
  process.exitCode = 1
  const copy = join(tmpdir(), `fallbacks-${way.name}.txt`)
  writeFileSync(copy, log)
  process.stderr.write(`The report of the failed tests is in ${copy}\n`)
}
