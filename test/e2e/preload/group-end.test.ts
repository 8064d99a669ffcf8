import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type EndsRow,
  endsRun,
  requestsOfRun,
  startReceivers,
} from '../../support/ends/ends-run.ts'
import type { GroupEnd } from '../../support/ends/group-end.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

/** `npm run test:ends` makes 20 runs of each case. */
const runs = 2
/** The connections of the load. A worker can answer each of them once in one turn. */
const mostInOneTurn = 4

const workers = {
  exit: 'exit',
  late: 'exit later',
  drain: 'disconnect and end by themselves',
  none: 'die by the signal',
} as const
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

function assertRow({ end, pushed, shared, exits }: EndsRow): void {
  assert.deepEqual(exits, [end.primary === 'none' ? end.signal : '0'])
  for (const place of [pushed, shared]) {
    const most = mostMissing(end)
    const text = JSON.stringify({ pushed, shared })
    assert.ok(place.requests >= 0 && place.requests <= most.requests, text)
    assert.ok(place.orders >= 0 && place.orders <= most.orders, text)
  }
}

/** Of all runs. docs/limits.md has the reasons. */
function mostMissing({ worker, primary }: GroupEnd): EndsRow['pushed'] {
  const all = runs * requestsOfRun
  if (primary === 'none') return { requests: all, orders: all }
  return worker === 'none'
    ? { requests: runs * mostInOneTurn, orders: all }
    : { requests: 0, orders: 0 }
}
