import assert from 'node:assert/strict'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { isNode } from '../programs/node-version.ts'
import { parsePage, type Sample, select, sum } from '../prometheus/page.ts'
import { type ExampleReadme, readmeOf } from './example-readme.ts'
import { keepPackages, placeExample } from './installed-example.ts'
import { shownCounts } from './shown-counts.ts'
import { shownSeries } from './shown-series.ts'
import {
  freePorts,
  homeVariables,
  readerEnvironment,
  type StartedExample,
  startExample,
} from './started-example.ts'

/** What an example needs beside the steps of every example. */
export interface ExampleRow {
  /** The oldest Node with the output of the README. */
  readonly node?: string
  /** Processes that serve. Default: 1. */
  readonly workers?: number
  /** Starts what the example needs. @returns variables, or undefined if a tool is missing. */
  readonly prepare?: (run: ExampleRun) => Promise<Record<string, string> | undefined>
  /** Looks at the example after its requests. */
  readonly inspect?: (run: ExampleRun, example: StartedExample) => Promise<void>
  /** Ends the example in another way than by Ctrl-C. */
  readonly end?: (run: ExampleRun, example: StartedExample) => Promise<void>
}

export interface ExampleRun {
  readonly context: Belongings
  readonly readme: ExampleReadme
  readonly directory: string
  readonly ports: ReadonlyMap<string, string>
}

export interface ExampleTest {
  readonly name: string
  readonly row: ExampleRow
  readonly tarball: string
  readonly parent: string
}

/** How often the requests of the README are sent again. */
const repetitions = 5

export async function checkExample(context: Belongings, test: ExampleTest): Promise<void> {
  const { name, row, tarball, parent } = test
  if (row.node !== undefined && !isNode(row.node)) return context.skip(`needs Node ${row.node}`)
  const directory = join(parent, name)
  await placeExample({ name, directory, tarball })
  const ports = await freePorts(['8000', '9091', '4318', '8889'])
  const run = { context, readme: readmeOf(name), directory, ports }
  const prepared = await (row.prepare ?? (async () => ({})))(run)
  if (prepared === undefined) return
  const home = join(parent, `home-of-${name}`)
  await mkdir(home)
  const env = readerEnvironment({ ...prepared, ...homeVariables(home) })
  const start = async (command: string): Promise<StartedExample> =>
    await startExample(context, { directory, command, env, ports })

  const example = await start(run.readme.start)
  await keepPackages(directory)
  const { workers = 1 } = row
  await checkCounts(run, example, { workers, shown: shownSeries })
  await row.inspect?.(run, example)
  await (row.end ?? (async () => await example.end('SIGINT')))(run, example)

  // Without the scripts that compile or build once more.
  const again = await start(run.readme.workers ?? 'npm start --ignore-scripts')
  if (run.readme.workers !== undefined) {
    // The README has the output of one process.
    await checkCounts(run, again, { workers: 2, shown: shownCounts })
  }
  await (row.end ?? (async () => await again.end('SIGTERM')))(run, again)
  assert.deepEqual(await readdir(home), [], 'The example leaves files in the home directory.')
}

interface Expected {
  readonly workers: number
  /** What the README and the page have in common after the requests of the README. */
  readonly shown: (samples: readonly Sample[]) => object
}

/** Sends the requests of the README, once and then several times. */
async function checkCounts(
  { readme }: ExampleRun,
  example: StartedExample,
  { workers, shown }: Expected,
): Promise<void> {
  // Otherwise a worker could miss its share.
  await eventually(async () => assert.equal(listening(await example.page()), workers))
  let scrapes = 0
  const shows = async (expected: object, of: Expected['shown']): Promise<void> => {
    await eventually(async () => {
      scrapes += 1
      const page = parsePage(await example.sh(readme.show))
      assert.deepEqual(of(page), expected, example.log())
    })
  }
  for (const request of readme.requests) await example.sh(request)
  await shows(shown(readme.output), shown)
  // Requests side by side reach the workers in any order.
  const rounds = Array.from({ length: repetitions - 1 }, () => readme.requests.join('\n'))
  await Promise.all(rounds.map((round) => example.sh(round)))
  await shows(shownCounts(readme.output, repetitions), shownCounts)
  // The example can show its own page, and the exporter counts these requests, too.
  const own = readme.show.includes(':8000/') ? scrapes : 0
  await eventually(async () => {
    const totals = select(await example.page(), 'gunicorn_worker_requests_total')
    const values = totals.map(({ value }) => value).filter((value) => value > 0)
    assert.equal(values.length, workers)
    assert.equal(total(values), repetitions * readme.requests.length + own)
  })
}

function listening(page: readonly Sample[]): number {
  return sum(page, 'gunicorn_worker_listening')
}

function total(values: readonly number[]): number {
  return values.reduce((one, other) => one + other, 0)
}
