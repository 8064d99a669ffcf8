import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { environment } from '../src/config/environment.ts'
import { compareFile, type Difference } from './foreign/compare-file.ts'
import { nodeSuite } from './foreign/node-suite.ts'
import { packageTests } from './foreign/package-tests.ts'
import { rowOf, type SuiteResult, withRows } from './foreign/result-table.ts'
import { type Mode, modes } from './foreign/run-file.ts'
import { nodeSuites, suites } from './foreign/suite-table.ts'
import type { TestFile } from './foreign/test-file.ts'

/*
 * Runs the tests of Node.js and of well-known packages with and without the preload. Lists each
 * file with another result. The sources come from package registries.
 */

const help = `Usage: npm run test:foreign -- [options]

  --suites LIST   names of suites (default: all); --suites list prints the names
  --only TEXT     only files whose name contains the text
  --jobs N        files that run at the same time (default: 2)
  --write-table   put the results into docs/testing.md
`

const { XDG_CACHE_HOME: caches = join(homedir(), '.cache') } = environment()
const cache = join(caches, 'gunicorn-prometheus-exporter/foreign')
const preload = resolve('dist/register.cjs')
const documentFile = 'docs/testing.md'

/** A suite whose sources are on this machine. */
interface ReadySuite {
  readonly name: string
  readonly version: string
  /** The Node.js that runs the files. */
  readonly node: string
  readonly modes: readonly Mode[]
  readonly files: readonly TestFile[]
}

interface NamedSuite {
  readonly name: string
  readonly prepare: () => Promise<ReadySuite>
}

const all: readonly NamedSuite[] = [
  ...suites.map((suite) => ({
    name: suite.name,
    prepare: async (): Promise<ReadySuite> => ({
      ...{ name: suite.name, version: suite.version, node: process.execPath },
      // Processes that the tests start get the preload, too.
      modes: ['env'],
      files: await packageTests(suite, cache),
    }),
  })),
  ...nodeSuites.map(({ version, release }) => ({
    name: `node@${version}`,
    prepare: async (): Promise<ReadySuite> => ({
      ...{ name: 'Node.js', modes },
      ...(await nodeSuite({ version, release }, cache)),
    }),
  })),
]

/** @returns the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      suites: { type: 'string', default: all.map(({ name }) => name).join(',') },
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: '2' },
      'write-table': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return say(help, 0)
  if (values.suites === 'list') return say(`${all.map(({ name }) => name).join('\n')}\n`, 0)
  if (!existsSync(preload)) throw new Error('dist/register.cjs is missing: run "npm run build".')
  const chosen = all.filter(({ name }) => values.suites.split(',').includes(name))
  if (chosen.length === 0) return say(`--suites ${values.suites}: no such suite.\n${help}`, 2)
  const results: (SuiteResult | undefined)[] = []
  for (const suite of chosen) {
    const result = await run(suite, { only: values.only, jobs: Number(values.jobs) })
    results.push(result)
    if (values['write-table']) writeTable(result)
  }
  return results.every((result) => result?.differing === 0) ? 0 : 1
}

interface RunOptions {
  readonly only: string
  readonly jobs: number
}

/** @returns undefined where the sources are not to be had. */
async function run(
  { name, prepare }: NamedSuite,
  { only, jobs }: RunOptions,
): Promise<SuiteResult | undefined> {
  try {
    const ready = await prepare()
    const files = ready.files.filter((file) => file.name.includes(only))
    const { failing, differences } = await compareAll({ ...ready, files }, jobs)
    for (const difference of differences) say(described(difference), 0)
    const result = {
      ...{ name: ready.name, version: ready.version, node: versionOf(ready.node) },
      ...{ files: files.length, failing },
      differing: new Set(differences.map((each) => each.name)).size,
    }
    say(rowOf(result), 0)
    return result
  } catch (error) {
    say(`${name}: ${String(error)}\n`, 1)
    return undefined
  }
}

interface Totals {
  readonly failing: number
  readonly differences: readonly Difference[]
}

async function compareAll(suite: ReadySuite, jobs: number): Promise<Totals> {
  const differences: Difference[] = []
  let failing = 0
  const options = { node: suite.node, preload, modes: suite.modes }
  const work = async (queue: Iterable<TestFile>, job: number): Promise<void> => {
    for (const file of queue) {
      const result = await compareFile(file, { ...options, job })
      if (result.failsWithout) failing += 1
      differences.push(...result.differences)
    }
  }
  const parallel = suite.files.filter(({ isSequential }) => !isSequential).values()
  await Promise.all(Array.from({ length: jobs }, (_, job) => work(parallel, job)))
  await work(
    suite.files.filter(({ isSequential }) => isSequential),
    0,
  )
  return { failing, differences }
}

function described({ name, mode, without, withPreload, output }: Difference): string {
  return `${name} (${mode}): ${without} without, ${withPreload} with the preload\n${output}\n`
}

function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1)
}

function writeTable(result: SuiteResult | undefined): void {
  if (result === undefined) return
  writeFileSync(documentFile, withRows(readFileSync(documentFile, 'utf8'), [result]))
}

/** @returns the exit code. */
function say(text: string, code: number): number {
  process.stdout.write(text)
  return code
}

process.exitCode = await main()
