import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compareFile, type Difference } from './node-suites/compare-file.ts'
import { type Mode, modes } from './node-suites/run-file.ts'
import { defaultSuites, type TestFile, testFiles } from './node-suites/test-files.ts'

/*
 * Runs the tests of Node.js itself with and without the preload, and lists each file with another
 * result. docs/testing.md tells where the tests of Node.js come from.
 */

const help = `Usage: npm run test:node-suites -- --tests DIR [options]

  --tests DIR     the folder test/ of the sources of Node.js
  --node FILE     the Node.js that runs the tests (default: the Node.js of this script)
  --modes LIST    how the preload is given: argv, env (default: both)
  --suites LIST   beginnings of file names (default: ${defaultSuites.join(',')})
  --only TEXT     only files whose name contains the text
  --jobs N        files that run at the same time (default: 2)
`

interface Totals {
  readonly files: number
  /** Files that fail without the preload, too. */
  readonly failing: number
  readonly differences: readonly Difference[]
}

/** @returns the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      tests: { type: 'string' },
      node: { type: 'string', default: process.execPath },
      modes: { type: 'string', default: modes.join(',') },
      suites: { type: 'string', default: defaultSuites.join(',') },
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help || values.tests === undefined) {
    process.stdout.write(help)
    return values.help ? 0 : 2
  }
  const preload = resolve('dist/register.cjs')
  if (!existsSync(preload)) throw new Error('dist/register.cjs is missing: run "npm run build".')
  const chosen = modes.filter((mode) => values.modes.split(',').includes(mode))
  if (chosen.length === 0) throw new Error(`--modes ${values.modes}: allowed are argv and env.`)
  const files = testFiles(resolve(values.tests), values.suites.split(',')).filter(({ name }) =>
    name.includes(values.only),
  )
  const run = { node: values.node, preload, modes: chosen, jobs: Number(values.jobs) }
  const { failing, differences } = await compareAll(files, run)
  for (const difference of differences) process.stdout.write(`${described(difference)}\n`)
  process.stdout.write(
    `${files.length} files, ${failing} fail without the preload too, ` +
      `${differences.length} differ with the preload (${chosen.join(', ')}).\n`,
  )
  return differences.length === 0 ? 0 : 1
}

interface RunOptions {
  readonly node: string
  readonly preload: string
  readonly modes: readonly Mode[]
  readonly jobs: number
}

async function compareAll(files: readonly TestFile[], options: RunOptions): Promise<Totals> {
  const { jobs, ...run } = options
  const differences: Difference[] = []
  let failing = 0
  const work = async (queue: Iterable<TestFile>, job: number): Promise<void> => {
    for (const file of queue) {
      const result = await compareFile(file, { ...run, job })
      if (result.failsWithout) failing += 1
      differences.push(...result.differences)
    }
  }
  // Files of test/sequential use fixed ports, so that nothing else may run beside these files.
  const parallel = files.filter(({ isSequential }) => !isSequential).values()
  await Promise.all(Array.from({ length: jobs }, (_, job) => work(parallel, job)))
  await work(
    files.filter(({ isSequential }) => isSequential),
    0,
  )
  return { files: files.length, failing, differences }
}

function described({ name, mode, without, withPreload, output }: Difference): string {
  return `${name} (${mode}): ${without} without, ${withPreload} with the preload\n${output}`
}

process.exitCode = await main()
