import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { CellResults } from './frameworks/cell-results.ts'
import { type CellResult, isGood, rowsOf, tableHead, withRows } from './frameworks/table.ts'

/*
 * Runs the matrix of frameworks with all versions, and prints a table. The failures of the tests go
 * to stderr.
 */

const help = `Usage: npm run test:frameworks -- [options] [framework ...]

Frameworks are names of files in test/e2e/frameworks, such as express. Default: all.

  --slow          only the versions that npm test leaves out
  --write-table   put the table into docs/testing.md
`

/** @returns the exit code. */
async function main(root: string): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      slow: { type: 'boolean', default: false },
      'write-table': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  process.env['FRAMEWORKS'] = values.slow ? 'slow' : 'all'
  process.stdout.write(tableHead)
  const { results, hasFailed } = await resultsOf(filesOf(root, positionals))
  if (values['write-table']) {
    const path = join(root, 'docs/testing.md')
    writeFileSync(path, withRows(readFileSync(path, 'utf8'), results))
  }
  return !hasFailed && results.every(isGood) ? 0 : 1
}

function filesOf(root: string, names: readonly string[]): string[] {
  const folder = join(root, 'test/e2e/frameworks')
  const wanted = names.length > 0 ? names : ['*']
  return wanted.flatMap((name) => {
    const files = globSync(`${name}.test.ts`, { cwd: folder }).sort()
    if (files.length === 0) throw new Error(`test/e2e/frameworks has no file ${name}.test.ts`)
    return files.map((file) => join(folder, file))
  })
}

interface Results {
  readonly results: readonly CellResult[]
  /** Also true for a file that fails before its tests. */
  readonly hasFailed: boolean
}

/** Prints the rows of a framework as soon as the framework is complete. */
async function resultsOf(files: string[]): Promise<Results> {
  const cells = new CellResults()
  const results: CellResult[] = []
  let hasFailed = false
  const add = (event: Parameters<CellResults['add']>[0], hasPassed: boolean): void => {
    if (!hasPassed) hasFailed = true
    const found = cells.add(event, hasPassed)
    results.push(...found)
    process.stdout.write(rowsOf(found))
  }
  // One file at a time: the events have the name of the framework, but not the file.
  const stream = run({ files, concurrency: 1 })
  stream.on('test:pass', (event) => add(event, true))
  stream.on('test:fail', (event) => add(event, false))
  stream.compose(spec).pipe(process.stderr)
  await new Promise((resolve) => stream.once('end', resolve))
  return { results, hasFailed }
}

process.exitCode = await main(join(import.meta.dirname, '..'))
