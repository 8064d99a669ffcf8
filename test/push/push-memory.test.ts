import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  type Answer,
  good,
  type OddReceiver,
  startOddReceiver,
} from '../support/otel/odd-receiver.ts'
import { counters, startPushing } from '../support/otel/pushing.ts'
import { eventually } from '../support/programs/app.ts'
import { latestFirst } from '../support/programs/belongings.ts'

/** The variable allows longer runs. */
const longer = Number(process.env['PUSHES_FACTOR'] ?? 1)
/** Growth of the heap after the first pushes of a row, bytes. */
const mostGrowth = 1_500_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 2; round += 1) {
    await nextTurn()
    collectGarbage()
  }
  return process.memoryUsage().heapUsed
}

const protobuf = { 'content-type': 'application/x-protobuf' }
const html = { status: 200, headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html>' }
const partial = { status: 200, headers: protobuf, body: Buffer.from('0a020803', 'hex') }
const large = { status: 200, headers: protobuf, body: Buffer.alloc(5 * 1_024 * 1_024, 1) }

const always =
  (answer: Answer): OddReceiver['answer'] =>
  () =>
    answer

/** The exporter itself ends the request, and not OTel's exporter. */
const hour = 3_600_000

/**
 * Title, pushes before and after the first look at the heap, the behaviour, and the timeout of
 * OTel's exporter.
 */
const rows: readonly (readonly [string, number, OddReceiver['answer'], number?])[] = [
  ['accepts everything', 20, always(good)],
  [
    'refuses one metric with 400',
    20,
    ({ points }) => (points.some(({ name }) => name === 'm7') ? { status: 400 } : good),
  ],
  ['refuses everything with 400', 8, always({ status: 400 })],
  ['refuses large requests with 413', 10, ({ bytes }) => (bytes > 900 ? { status: 413 } : good)],
  ['answers 401', 20, always({ status: 401 })],
  ['answers 429', 20, always({ status: 429, headers: { 'retry-after': '0' } })],
  ['answers 503', 20, always({ status: 503 })],
  ['redirects', 20, always({ status: 307, headers: { location: '/login' } })],
  ['answers with HTML', 20, always(html)],
  ['rejects data points', 20, always(partial)],
  ['sends 5 MiB', 3, always(large)],
  ['closes connections', 20, always('closes')],
  ['hangs', 8, always('hangs'), hour],
  ['sends a body without an end', 8, always('drips'), hour],
  [
    'switches the protocol',
    8,
    always({
      bytes: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
      closes: false,
    }),
    hour,
  ],
]

describe('Memory and connections do not grow while a receiver', () => {
  for (const [title, pushes, answer, otelTimeoutMs = 20] of rows) {
    test(title, async (own) => {
      const context = latestFirst(own)
      const receiver = await startOddReceiver(context, answer)
      const metrics = counters(20, 40)
      const pushing = startPushing(context, {
        url: receiver.url,
        metrics: () => metrics,
        // Each refused metric is tried again often.
        limits: { refusedFirstMs: 20, refusedLastMs: 20, pushRetryFirstMs: 1, pushRetryLastMs: 1 },
        timeoutMs: 20,
        otelTimeoutMs,
        intervalMs: 1,
      })
      const until = async (count: number): Promise<number> => {
        await eventually(() => assert.ok(pushing.pushes() >= count), 120_000)
        receiver.forget()
        return await heapBytes()
      }
      const warm = await until(pushes)
      const grown = (await until(pushes + pushes * longer)) - warm
      assert.ok(grown < mostGrowth, `${grown} bytes in ${pushing.pushes()} pushes`)
      await eventually(async () => assert.ok((await receiver.connections()) <= 3))
      own.diagnostic(`${grown} bytes in ${pushing.pushes()} pushes`)
    })
  }
})
