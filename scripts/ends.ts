import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type EndsRow, endsRun, startReceivers } from '../test/support/ends/ends-run.ts'
import { type GroupEnd, nameOf } from '../test/support/ends/group-end.ts'
import { endHttp2Group, type Http2End } from '../test/support/ends/http2-ends.ts'
import { type Belongings, latestFirst } from '../test/support/programs/belongings.ts'

/*
 * Ends whole clusters by a signal to all processes, and compares the last OTLP pushes and the
 * totals in Redis with the answered requests. Over HTTP/2, the load goes on during the end, and the
 * counts are in a shared directory.
 */

const help = `Usage: npm run test:ends -- [options]

  --runs N         runs of each case; default: 20
  --preload FILE   the preload of another build; default: this build
  --case TEXT      only cases whose name contains the text
`

/** The acts of the workers and of the primary: see test/fixtures/apps/cluster/group-end.cjs. */
const kinds = [
  ['exit', 'exit'],
  ['exit', 'late'],
  ['exit', 'wait'],
  ['exit', 'none'],
  ['late', 'exit'],
  ['drain', 'exit'],
  ['drain', 'wait'],
  ['none', 'exit'],
  ['none', 'late'],
  ['none', 'wait'],
  ['none', 'none'],
] as const

const cases: readonly GroupEnd[] = (['SIGTERM', 'SIGINT'] as const).flatMap((signal) =>
  kinds.map(([worker, primary]) => ({ signal, worker, primary })),
)

/** @returns the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '20' },
      preload: { type: 'string' },
      case: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  const runs = Number(values.runs)
  if (values.help || !(runs > 0)) {
    process.stdout.write(help)
    return values.help ? 0 : 1
  }
  const directory = mkdtempSync(join(tmpdir(), 'ends-'))
  const { context, end } = belongings()
  try {
    const receivers = await startReceivers(context, directory)
    if (!receivers) return 1
    print(
      '| signal | workers | primary | runs | push: requests, orders | Redis | longest end | exit |',
    )
    print('|---|---|---|--:|---|---|--:|---|')
    for (const each of cases.filter((one) => nameOf(one).includes(values.case))) {
      const { preload } = values
      print(textOf(await endsRun({ ...each, runs, receivers, ...(preload && { preload }) })))
    }
    await http2Table(runs, values.case)
    return 0
  } finally {
    await end()
    rmSync(directory, { recursive: true, force: true })
  }
}

const http2Cases: readonly Http2End[] = [false, true].flatMap((tls) =>
  (['exit', 'wait'] as const).map((primary) => ({ tls, primary })),
)

async function http2Table(runs: number, text: string): Promise<void> {
  const titles = ['primary', 'runs', 'answered', 'missing', 'counted as failed', 'longest end']
  print(`\n| HTTP/2 | ${titles.join(' | ')} |\n|---|---|--:|--:|--:|--:|--:|`)
  for (const end of http2Cases) {
    const name = end.tls ? 'TLS' : 'plain'
    if (!`http2-${name}-primary-${end.primary}`.includes(text)) continue
    const sum = { answered: 0, missing: 0, failed: 0, longestMs: 0 }
    for (let run = 0; run < runs; run += 1) {
      const { answered, counted, failed, tookMs } = await endHttp2Group(end)
      sum.answered += answered
      sum.missing += Math.max(0, answered - counted)
      sum.failed += Math.max(0, answered - (counted - failed))
      sum.longestMs = Math.max(sum.longestMs, Math.round(tookMs))
    }
    const cells = [name, end.primary, runs, sum.answered, sum.missing, sum.failed]
    print(`| ${cells.join(' | ')} | ${sum.longestMs} ms |`)
  }
}

/** Collects the clean-up functions of a test. A missing program ends the script. */
function belongings(): { readonly context: Belongings; readonly end: () => Promise<void> } {
  let end = async (): Promise<void> => {}
  const context = latestFirst({
    after: (act) => {
      end = async () => void (await act())
    },
    skip: (message) => {
      throw new Error(message)
    },
  })
  return { context, end: () => end() }
}

/** The numbers are answered requests that are missing. */
function textOf({ end, runs, pushed, shared, longestMs, exits }: EndsRow): string {
  const { signal, worker, primary } = end
  const places = [pushed, shared].map(({ requests, orders }) => `${requests}, ${orders}`)
  const cells = [signal, worker, primary, runs, ...places, `${Math.round(longestMs)} ms`, exits]
  return `| ${cells.join(' | ')} |`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

process.exitCode = await main()
