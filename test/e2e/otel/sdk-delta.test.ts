import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCollector } from '../../support/otel/collector.ts'
import { type Received, startTemporalityReceiver } from '../../support/otel/temporality-receiver.ts'
import { type App, eventually, fetchText, startApp } from '../../support/programs/app.ts'
import { get, load } from '../../support/programs/load.ts'
import { parsePage, select, sum } from '../../support/prometheus/page.ts'
import { need, otelcol } from '../../support/tools.ts'

/*
 * Readers of one SDK that prefer deltas, beside readers that prefer totals.
 */

const names = ['shop.orders', 'shop.amount', 'shop.size', 'shop.sold']
const ownCounter = 'gunicorn_worker_requests_total'
const ownHistogram = 'gunicorn_worker_request_duration_seconds'

/** Names of samples on the Collector's page. */
const samples = {
  'shop.orders': 'shop_orders_total',
  'shop.amount': 'shop_amount_count',
  'shop.sold': 'shop_sold_total',
  [ownCounter]: ownCounter,
  [ownHistogram]: `${ownHistogram}_count`,
}

test('Readers of a user’s SDK that prefer deltas', async (context) => {
  const receiver = await startTemporalityReceiver(context)
  const [delta, lowmemory, cumulative] = ['/delta', '/lowmemory', '/cumulative'].map(receiver.on)
  assert.ok(delta && lowmemory && cumulative)
  const program = need(context, otelcol())
  if (program === undefined) return
  const collector = await startCollector({ otelcol: program, config: 'push.yaml' })
  context.after(() => collector.stop())
  const { OTLP_HTTP_ENDPOINT, PAGE_ENDPOINT } = collector.endpoints
  const app = await startApp({
    file: 'apps/sdk/delta-cluster.cjs',
    preload: 'none',
    env: { RECEIVER: receiver.url, COLLECTOR: `http://${OTLP_HTTP_ENDPOINT}/v1/metrics` },
  })
  try {
    await sellAndKill(app, await app.ready(), cumulative)

    await context.test('leave the page beside them cumulative', async () => {
      const before = sum(await app.page(), 'shop_orders_total', { process: 'primary' })
      await eventually(async () => {
        const page = await app.page()
        assert.ok(sum(page, 'shop_orders_total', { process: 'primary' }) > before)
        assert.equal(select(page, 'shop_sold_total').length, 1)
      })
    })

    app.child.kill('SIGTERM')
    assert.deepEqual(await app.ended, { code: 0, signal: null })
  } finally {
    await app.stop()
  }

  for (const [name, received] of Object.entries({ delta, lowmemory })) {
    await context.test(`get deltas that add up to the totals (${name})`, () => {
      assert.deepEqual(totalsOf(received), totalsOf(cumulative))
    })
  }

  await context.test('get deltas that a Collector adds up to the totals', async () => {
    await eventually(async () => {
      const page = parsePage(await fetchText(`http://${PAGE_ENDPOINT}/metrics`))
      for (const [name, sample] of Object.entries(samples)) {
        assert.equal(sum(page, sample), countOf(cumulative, name), name)
      }
    })
  })

  await context.test('get one temporality for each metric', () => {
    for (const received of [delta, lowmemory, cumulative]) {
      assert.deepEqual(received.faults, [])
      for (const [name, all] of received.temporalities) assert.equal(all.size, 1, name)
    }
  })

  await context.test('get the temporality that OTel specifies for the instrument', () => {
    const table = {
      'shop.orders': ['delta', 'delta'],
      'shop.amount': ['delta', 'delta'],
      'shop.size': ['delta', 'delta'],
      'shop.baskets': ['cumulative', 'cumulative'],
      'shop.level': ['gauge', 'gauge'],
      [ownCounter]: ['delta', 'cumulative'],
      [ownHistogram]: ['delta', 'delta'],
    }
    for (const [name, wanted] of Object.entries(table)) {
      const seen: string[] = [delta, lowmemory].flatMap(({ temporalities }) => [
        ...(temporalities.get(name) ?? []),
      ])
      assert.deepEqual(seen, wanted, name)
    }
  })
})

/** Loads the workers, and ends some of them. */
async function sellAndKill(app: App, port: number, cumulative: Received): Promise<void> {
  for (const [index, end] of ['/kill', '/exit', '/kill'].entries()) {
    await load({ port, paths: ['/'], count: 60, connections: 4 })
    await eventually(() => assert.ok(countOf(cumulative, ownHistogram) > 0))
    await get(port, end)
    // A connection for a worker whose end is not known yet would wait without limit.
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_restart_total'), index + 1)
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 2)
    })
  }
  await load({ port, paths: ['/'], count: 60, connections: 4 })
}

function countOf({ totals }: Received, name: string): number {
  return totalsOf({ totals }, [name]).reduce((all, [, [count = 0]]) => all + count, 0)
}

/** The totals of the metrics, without series that a reader can miss by their times. */
function totalsOf(
  { totals }: Pick<Received, 'totals'>,
  wanted = [...names, ownCounter, ownHistogram],
): [key: string, values: number[]][] {
  return [...totals]
    .filter(([key]) => wanted.includes(key.slice(0, key.indexOf(' '))))
    .map(([key, values]): [string, number[]] => [key, values.map(rounded)])
    .sort(([one], [other]) => (one < other ? -1 : 1))
}

/** A sum of deltas differs from the total by rounding. */
function rounded(value: number): number {
  return Number(value.toPrecision(9))
}
