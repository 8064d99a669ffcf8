import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parsePeerState } from '../../../src/share/peers/peer-state.ts'
import {
  type EndsRow,
  endsRun,
  requestsOfRun,
  startReceivers,
} from '../../support/ends/ends-run.ts'
import {
  drains,
  endGroupBySignal,
  type GroupEnd,
  type Totals,
} from '../../support/ends/group-end.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

/** `npm run test:ends` makes 20 runs of each case. */
const runs = 2
/** The connections of the load. A worker can answer each of them once in one turn. */
const mostInOneTurn = 4

const workers: Readonly<Partial<Record<GroupEnd['worker'], string>>> = {
  exit: 'exit',
  late: 'exit later',
  drain: 'disconnect and end by themselves',
  none: 'die by the signal',
}
const primaries = {
  exit: 'exits at once',
  late: 'exits later',
  wait: 'waits for them',
  none: 'dies by the signal',
} as const

const cases: readonly GroupEnd[] = [
  { signal: 'SIGTERM', worker: 'exit', primary: 'exit' },
  { signal: 'SIGINT', worker: 'exit', primary: 'exit' },
  { signal: 'SIGTERM', worker: 'exit', primary: 'wait' },
  { signal: 'SIGTERM', worker: 'late', primary: 'exit' },
  { signal: 'SIGTERM', worker: 'drain', primary: 'exit' },
  { signal: 'SIGTERM', worker: 'none', primary: 'exit' },
  { signal: 'SIGINT', worker: 'none', primary: 'exit' },
  { signal: 'SIGTERM', worker: 'none', primary: 'wait' },
  { signal: 'SIGTERM', worker: 'exit', primary: 'none' },
]

test('The counts after a signal to a whole cluster', { concurrency: 2 }, async (context) => {
  const belongings = latestFirst(context)
  const receivers = await startReceivers(belongings, await temporaryDirectory(belongings))
  if (!receivers) return
  const testCase = async (end: GroupEnd): Promise<void> => {
    const { worker, primary, signal } = end
    const name = `are right if the workers ${workers[worker]} and the primary ${primaries[primary]}`
    await context.test(`${name} at ${signal}`, async () => {
      assertRow(await endsRun({ ...end, runs, receivers }))
    })
  }
  await Promise.all(cases.map(testCase))
})

for (const worker of ['exit', 'none'] as const) {
  const end = { signal: 'SIGTERM', worker, primary: 'exit' } as const

  test(`The state directory has all counts if the workers ${workers[worker]}`, async (context) => {
    const directory = await temporaryDirectory(latestFirst(context))
    const receivers = { file: join(directory, 'none'), env: { PROMETHEUS_STATE_DIR: directory } }
    const { shared } = await endsRun({ ...end, runs, receivers })
    assertTotals(end, shared)
  })

  test(`The shared directory has all counts if the workers ${workers[worker]}`, async (context) => {
    const directory = await temporaryDirectory(latestFirst(context))
    for (let run = 0; run < runs; run += 1) {
      const env = { PROMETHEUS_SHARED_DIR: directory }
      await endGroupBySignal({ ...end, env, requests: requestsOfRun })
    }
    const all = runs * requestsOfRun
    const { requests, orders } = await sharedTotals(directory)
    assertTotals(end, { requests: all - requests, orders: all - orders })
  })
}

test('No worker crashes while its primary ends', { concurrency: 2 }, async (context) => {
  const directory = await temporaryDirectory(latestFirst(context))
  // With a state directory, the primary waits for the last reports of the workers.
  const env = { PROMETHEUS_STATE_DIR: directory, WORKERS: '4' }
  const testCase = (worker: GroupEnd['worker']): Promise<void> =>
    context.test(`in the end of the kind ${worker}`, async () => {
      for (let run = 0; run < runs; run += 1) {
        const end = { signal: 'SIGTERM', worker, primary: 'exit' } as const
        const { stderr, code } = await endGroupBySignal({ ...end, env, requests: requestsOfRun })
        assert.equal(stderr, '')
        assert.equal(code, 0)
      }
    })
  await Promise.all(drains.map(testCase))
})

/** The sums over all files of a shared directory. */
async function sharedTotals(directory: string): Promise<Totals> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const states = await Promise.all(
    files.map(async ({ parentPath, name }) =>
      parsePeerState(await readFile(join(parentPath, name))),
    ),
  )
  const metrics = states.flatMap((state) => (typeof state === 'string' ? [] : state.metrics))
  const total = (name: string): number =>
    metrics
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ points }) => points)
      .reduce((all, { value }) => all + Number(value), 0)
  return { requests: total('gunicorn_worker_requests_total'), orders: total('orders') }
}

function assertRow({ end, pushed, shared, exits }: EndsRow): void {
  assert.deepEqual(exits, [end.primary === 'none' ? end.signal : '0'])
  for (const missing of [pushed, shared]) assertTotals(end, missing)
}

function assertTotals(end: GroupEnd, missing: Totals): void {
  const most = mostMissing(end)
  const text = JSON.stringify(missing)
  assert.ok(missing.requests >= 0 && missing.requests <= most.requests, text)
  assert.ok(missing.orders >= 0 && missing.orders <= most.orders, text)
}

/** Of all runs. docs/limits.md has the reasons. */
function mostMissing({ worker, primary }: GroupEnd): Totals {
  const all = runs * requestsOfRun
  if (primary === 'none') return { requests: all, orders: all }
  return worker === 'none'
    ? { requests: runs * mostInOneTurn, orders: all }
    : { requests: 0, orders: 0 }
}
