import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { expositionLimits } from '../../../src/limits/exposition.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { parsePage, select } from '../../support/prometheus/page.ts'

/*
 * Pages of many series, from several workers. Prometheus refuses a page without a good end, and a
 * page that fails hides the metrics of the exporter, too.
 */

interface Row {
  readonly title: string
  readonly env: Readonly<Record<string, string>>
  readonly series: number
  /** Families of the application that the page leaves out. */
  readonly isShed: boolean
}

const rows: readonly Row[] = [
  {
    title: '99,500 histograms with labels of 230 characters, without the largest metrics',
    env: { KIND: 'histogram', WORKERS: '5', SERIES: '19900', LABEL: '230' },
    series: 99_500,
    isShed: true,
  },
  {
    title: '95,000 counters with short labels',
    env: { KIND: 'counter', WORKERS: '5', SERIES: '19000', LABEL: '10' },
    series: 95_000,
    isShed: false,
  },
]

/** The process with its page, the page for a slow client, and the aggregator. */
const mostBytes = 2_147_483_648

describe('A page has the metrics of the exporter beside', () => {
  for (const { title, env, series, isShed } of rows) {
    test(title, async () => {
      const app = await startApp({ file: 'apps/many-series.mjs', env })
      try {
        await app.ready()
        await eventually(async () => {
          const [held] = select(parsePage(await ownLines(app)), 'gunicorn_exporter_series')
          assert.ok(Number(held?.value) >= series, `${held?.value} series`)
        }, 60_000)
        for (let count = 0; count < 3; count += 1) {
          const { text, bytes } = await scrape(app)
          assert.ok(bytes <= expositionLimits.mostPageBytes)
          assert.match(text, /^gunicorn_worker_state\{/m)
          assert.match(text, /^few_total\{.*\} \d+$/m)
          assert.match(text, /^many_9(?:_total|_bucket)\{/m)
        }
        const dropped = select(parsePage(await ownLines(app)), droppedSeries, {
          reason: 'page_limit',
        })
        assert.equal((dropped[0]?.value ?? 0) > 0, isShed)
        assert.equal(/leaves out its largest metrics: many_/.test(app.stderr()), isShed)
        assert.ok(memoryOf(app) < mostBytes, `${memoryOf(app)} bytes`)
      } finally {
        await app.stop()
      }
    })
  }
})

const droppedSeries = 'gunicorn_exporter_dropped_series_total'

async function ownLines(app: App): Promise<string> {
  const names = ['gunicorn_exporter_series', droppedSeries]
  const query = names.map((name) => `name[]=${name}`).join('&')
  const response = await fetch(`${app.metricsUrl}?${query}`, { headers: { connection: 'close' } })
  assert.equal(response.status, 200)
  return await response.text()
}

async function scrape(app: App): Promise<{ readonly text: string; readonly bytes: number }> {
  const headers = { 'accept-encoding': 'identity', connection: 'close' }
  const response = await fetch(app.metricsUrl, { headers })
  assert.equal(response.status, 200)
  const bytes = Buffer.from(await response.arrayBuffer())
  assert.equal(Number(response.headers.get('content-length')), bytes.length)
  assert.equal(bytes.at(-1), 10)
  return { text: bytes.toString('latin1'), bytes: bytes.length }
}

function memoryOf({ child }: App): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return 1_024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1])
}
