import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
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
import { endHttp2Group } from '../../support/ends/http2-ends.ts'
import { sharedTotals } from '../../support/ends/shared-totals.ts'
import { freePort } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { sharing } from '../../support/redis/redis.ts'

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
    const total = await sharedTotals(directory)
    const requests = all - total('gunicorn_worker_requests_total')
    assertTotals(end, { requests, orders: all - total('orders') })
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

for (const tls of [false, true]) {
  for (const primary of ['exit', 'wait'] as const) {
    const name = `over HTTP/2${tls ? ' and TLS' : ''} if the primary ${primaries[primary]}`

    test(`No answered request is lost ${name}`, async () => {
      for (let run = 0; run < runs; run += 1) {
        const result = await endHttp2Group({ tls, primary })
        const { answered, counted, failed, ofLastTurns } = result
        const text = JSON.stringify(result)
        assert.ok(counted >= answered, text)
        // Over TLS, Node.js tells the end of a write in the next turn.
        const most = tls ? ofLastTurns : 0
        assert.ok(answered - (counted - failed) <= most, text)
      }
    })
  }
}

const end = { signal: 'SIGTERM', worker: 'exit', primary: 'exit' } as const

test('A failed last push and a failed last write to Redis are told once', async () => {
  const port = String(await freePort())
  const env = {
    ...sharing(Number(port)),
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
  }
  const { stderr, code } = await endGroupBySignal({ ...end, env, requests: 1 })
  const lines = stderr.split('\n').filter((line) => line.includes('the last'))
  assert.equal(lines.length, 2, stderr)
  assert.match(stderr, /the last push failed: .*ECONNREFUSED/)
  assert.match(stderr, /the last write to Redis failed: no connection/)
  assert.equal(code, 0)
})

test('A last push without an answer is told once', async (context) => {
  const silent = createServer().listen(0, '127.0.0.1')
  context.after(() => silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const env = {
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '400',
  }
  const { stderr, code } = await endGroupBySignal({ ...end, env, requests: 1 })
  assert.equal(stderr.match(/the last push/g)?.length, 1, stderr)
  assert.equal(code, 0)
})

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
