import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Checker, checkFile, type FileResult } from './mutants/check-file.ts'
import { EquivalentMutants } from './mutants/equivalent.ts'
import { OwnTests } from './mutants/own-tests.ts'
import { isEnough, row, survivorList, tableHead, withRows } from './mutants/table.ts'
import { TestProcesses } from './mutants/test-process.ts'

/*
 * Changes a source file in one place at a time, and checks that a test fails for each change.
 * docs/testing.md explains the table.
 */

const help = `Usage: npm run test:mutants -- [options] [file, folder or pattern ...]

Default: the folders of counts, of files and of listeners.

  --sample N      run N mutants per file (default: all)
  --seed TEXT     choose another sample
  --workers N     run N mutants at the same time (default: 2)
  --survivors     list the mutants that no test kills
  --write-table   put the rows into docs/testing.md
`

const defaultFolders = [
  'relay',
  'state',
  'crash-file',
  'share',
  'master',
  'endpoint',
  'files',
  'support/listeners',
]
const tableFile = 'docs/testing.md'

/** @returns the exit code. */
async function main(root: string): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: '' },
      workers: { type: 'string', default: '2' },
      survivors: { type: 'boolean', default: false },
      'write-table': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const files = filesOf(root, positionals)
  const processes = new TestProcesses(root)
  process.once('exit', () => processes.close())
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, endBy)
  const onResult = (result: FileResult): void => {
    process.stdout.write(row(result))
    // A long run that ends early keeps the rows of the files before.
    if (values['write-table']) writeRow(root, result)
  }
  const checker = {
    root,
    ownTests: new OwnTests(root),
    processes,
    equivalents: new EquivalentMutants(root),
    sample: values.sample === undefined ? Number.POSITIVE_INFINITY : count('sample', values.sample),
    seed: values.seed,
    workers: count('workers', values.workers),
  }
  process.stdout.write(tableHead)
  const results = await check(files, checker, onResult)
  if (values.survivors) process.stdout.write(`\n${results.map(survivorList).join('')}`)
  return verdict(results)
}

function filesOf(root: string, patterns: readonly string[]): string[] {
  const wanted = patterns.length > 0 ? patterns : defaultFolders.map((name) => `src/${name}`)
  const files = wanted.flatMap((pattern) => {
    const isFolder = statSync(join(root, pattern), { throwIfNoEntry: false })?.isDirectory()
    const found = globSync(isFolder ? `${pattern}/**/*.ts` : pattern, { cwd: root })
    if (found.length === 0) throw new Error(`no file matches ${pattern}`)
    return found
  })
  return [...new Set(files)].sort()
}

function count(name: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new Error(`--${name} is ${text}, but has to be a whole number from 1`)
}

function endBy(signal: NodeJS.Signals): void {
  process.stderr.write(`ended by ${signal}\n`)
  process.exit(128 + constants.signals[signal])
}

async function check(
  files: readonly string[],
  checker: Checker,
  onResult: (result: FileResult) => void,
): Promise<FileResult[]> {
  const results: FileResult[] = []
  for (const file of files) {
    const result = await checkFile(file, checker)
    onResult(result)
    results.push(result)
  }
  return results
}

function writeRow(root: string, result: FileResult): void {
  const path = join(root, tableFile)
  const exists = (file: string): boolean => existsSync(join(root, file))
  const rows = new Map([[result.file, row(result)]])
  writeFileSync(path, withRows(readFileSync(path, 'utf8'), rows, exists))
}

function verdict(results: readonly FileResult[]): number {
  const faults = results.flatMap((result) => [
    ...result.faults,
    ...(isEnough(result) ? [] : [`${result.file}: tests kill fewer than 85 % of the mutants`]),
  ])
  process.stderr.write(faults.map((fault) => `${fault}\n`).join(''))
  return faults.length > 0 ? 1 : 0
}

try {
  process.exitCode = await main(process.cwd())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 2
}
