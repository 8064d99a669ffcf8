import assert from 'node:assert/strict'
import { join } from 'node:path'
import { startCollector, toFile } from '../otel/collector.ts'
import { readPushes } from '../otel/otlp-file.ts'
import { eventually, startApp } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'
import { select, sum } from '../prometheus/page.ts'
import { Random } from '../random.ts'
import { sharing, startRedis } from '../redis/redis.ts'
import { need, otelcol } from '../tools.ts'
import { BadLink, type LinkState, linkFaults } from './bad-link.ts'
import type { Fault } from './fault.ts'
import type { Stand } from './stand.ts'

const requests = 'gunicorn_worker_requests_total'
/** States in which each exchange fails. In the others, exchanges may succeed. */
const failing: readonly LinkState[] = ['cut', 'stall']
/** Exchanges in each state: a request and an answer. */
const fewestChunks = 4

/** Networks to Redis and to a Collector that fail in many ways. */
export const links: readonly Fault[] = [
  {
    title: 'A bad link to Redis fails no request, and a peer reads the totals afterwards',
    async prepare(context) {
      const redis = await startRedis(context)
      if (!redis) return undefined
      const link = new BadLink(redis.port, new Random(1))
      return {
        env: { ...sharing(await link.listen(context)), REDIS_COLLECT_INTERVAL: '1' },
        async act(stand) {
          await through(stand, link, 'gunicorn_exporter_redis_publishes_total')
          assert.match(stand.app.stderr(), /cannot be shared by Redis, trying again/)
          await eventually(async () =>
            assert.equal(sum(await stand.page(), 'gunicorn_exporter_redis_connected'), 1),
          )
          await assertSeenByPeer(context, stand, sharing(redis.port))
        },
      }
    },
  },
  {
    title: 'A bad link to a Collector fails no request, and the next push has the totals',
    async prepare(context) {
      const program = need(context, otelcol())
      if (program === undefined) return undefined
      const file = join(await temporaryDirectory(context), 'pushes.jsonl')
      const collector = await startCollector({ otelcol: program, ...toFile(file) })
      context.after(() => collector.stop())
      const [, port] = collector.endpoints.OTLP_HTTP_ENDPOINT.split(':')
      const link = new BadLink(Number(port), new Random(1))
      return {
        env: {
          OTEL_METRICS_EXPORTER: 'prometheus,otlp',
          OTEL_METRIC_EXPORT_INTERVAL: '500',
          OTEL_METRIC_EXPORT_TIMEOUT: '500',
          // The OTLP exporter repeats a push for this time, and the push counts as one.
          OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await link.listen(context)}`,
        },
        async act(stand) {
          await through(stand, link, 'gunicorn_exporter_pushes_total')
          assert.match(stand.app.stderr(), /push/)
          await assertPushed(stand, file)
        },
      }
    },
  },
]

/** Takes the link through all states, and waits for a success after each. */
async function through(stand: Stand, link: BadLink, name: string): Promise<void> {
  for (const state of linkFaults) {
    const before = await stand.page()
    link.state = state
    await stand.serving()
    if (failing.includes(state)) await stand.counted(before, name, { result: 'failure' })
    else await eventually(() => assert.ok(link.chunks >= fewestChunks, `${state}: ${link.chunks}`))
    await stand.serving()
    const during = await stand.page()
    link.state = 'good'
    await stand.counted(during, name, { result: 'success' })
  }
}

/** Another process reads the totals from Redis. */
async function assertSeenByPeer(
  context: Belongings,
  stand: Stand,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const peer = await startApp({ file: 'apps/single/single.cjs', env })
  context.after(() => peer.stop())
  await stand.client.pause()
  await eventually(async () => {
    const points = select(await peer.page(), requests)
    const seen = points.reduce((all, { value }) => all + value, 0)
    assert.equal(seen, stand.client.total)
  }, 40_000)
  await peer.stop()
  stand.client.start()
}

/** A single push has all requests. */
async function assertPushed(stand: Stand, file: string): Promise<void> {
  await stand.client.pause()
  await eventually(async () => {
    const points = (await readPushes(file)).at(-1)?.points ?? []
    const own = points.filter(({ name }) => name === requests)
    assert.equal(
      own.reduce((all, { value }) => all + value, 0),
      stand.client.total,
    )
  }, 40_000)
  stand.client.start()
}
