// Runs tests once for each way to be without the addon of mapped memory. Programs then write crash
// files. Files that fail run once more, one at a time. Prints a table for docs/testing.md.
//
//   npm run test:fallbacks                               tests of crash files, kills and ends
//   npm run test:fallbacks -- --whole                    all of test/e2e and test/faults
//   npm run test:fallbacks -- --whole --way no-addons    one way
//   npm run test:fallbacks -- 'test/e2e/preload/*.ts'    these files
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeResults, failedFiles, readResults } from './fallbacks/results.mjs'
import { ways } from './fallbacks/ways.mjs'
import { runTests } from './matrix/tests.mjs'

const { values, positionals } = parseArgs({
  options: {
    way: { type: 'string' },
    whole: { type: 'boolean' },
    concurrency: { type: 'string', default: '2' },
  },
  allowPositionals: true,
})
const whole = ['test/e2e/**/*.test.ts', 'test/faults/*.test.ts']
const short = [
  'test/e2e/preload/{crash-*,deaths,disturbed-memory,ended-workers,group-end,kill*}.test.ts',
  'test/e2e/preload/{last-report,late-end,worker-files}.test.ts',
  'test/e2e/regression/{equal-pids-*,killed-primary-*}.test.ts',
  'test/e2e/run/{count-memories,deaths,group-signals,short-lives}.test.ts',
]
const files = positionals.length > 0 ? positionals : values.whole ? whole : short
const chosen = ways.filter(({ name }) => values.way === undefined || name === values.way)
if (chosen.length === 0) {
  throw new Error(`--way is one of: ${ways.map(({ name }) => name).join(', ')}`)
}
const directory = mkdtempSync(join(tmpdir(), 'fallbacks-'))
// Workers of another user run the programs of the project.
chmodSync(directory, 0o755)
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))

process.stdout.write(
  `Node.js ${process.versions.node}\n\n` +
    '| way | reason of the loader | passed | failed | passed later | skipped | minutes |\n' +
    '|---|---|--:|--:|--:|--:|--:|\n',
)
for (const way of chosen) {
  const start = Date.now()
  const { reason, ...programs } = await way.prepare(join(directory, way.name))
  const first = await runFiles({ ...way, programs, files, concurrency: values.concurrency })
  const again = failedFiles(first.results)
  const second =
    again.length > 0
      ? await runFiles({ name: `${way.name}-again`, programs, files: again, concurrency: '1' })
      : { failed: 0 }
  const minutes = Math.round((Date.now() - start) / 60_000)
  const rerun = Math.max(0, first.failed - second.failed)
  const cells = [way.title, reason, first.passed, first.failed, rerun, first.skipped, minutes]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
  if (second.failed > 0 || first.passed === 0) process.exitCode = 1
}

/** Runs files in a way. What the runner says stays in files, where it is more than numbers. */
async function runFiles({ name, programs, files, concurrency }) {
  const place = (end) => join(directory, `${name}.${end}`)
  const run = await runTests({
    ...{ ...programs, files, report: place('txt'), env: { ADDON_UNDER_TEST: 'none' } },
    options: [
      `--test-concurrency=${concurrency}`,
      `--test-reporter=${join(import.meta.dirname, 'fallbacks/line-reporter.mjs')}`,
      `--test-reporter-destination=${place('jsonl')}`,
    ],
  })
  const results = readResults(place('jsonl'))
  const copy = join(tmpdir(), `fallbacks-${name}.txt`)
  writeFileSync(copy, `${describeResults(results).join('\n')}\n\n${run.log ?? ''}`)
  process.stderr.write(`${name}: failed and skipped tests, and slow files, are in ${copy}\n`)
  return { ...run, results }
}
