import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { catalog } from '../../../src/model/catalog/catalog.ts'
import { type CollectorOptions, withCollector } from '../../support/otel/collector.ts'
import { type OtlpMetric, readOtlpLine, withPlainBound } from '../../support/otel/otlp-json.ts'
import { type App, eventually, fetchText, startApp } from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { type RawSample, readSamples, seriesOf } from '../../support/prometheus/exposition.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import {
  prometheusTools,
  type Result,
  withPrometheus,
} from '../../support/prometheus/prometheus.ts'
import { need, needed, otelcol } from '../../support/tools.ts'

/** Series that still rise when no worker reports. */
const rising = /^gunicorn_(?:exporter_|worker_(?:report_age|uptime|event_loop_delay_max))/
/** Rises and falls between two beats of the primary. */
const silence = 'gunicorn_master_event_loop_silence_seconds'
const workers = 4

describe('What the Collector scrapes of four workers', () => {
  let app: App
  let stopped: readonly number[] = []

  before(async () => {
    app = await startApp({
      file: 'apps/metrics/odd-metrics.cjs',
      env: { WORKERS: String(workers) },
    })
    await serve(app)
    stopped = await stoppedWorkers(app)
  })

  after(async () => {
    for (const pid of stopped) process.kill(pid, 'SIGCONT')
    await app.stop()
  })

  test('has the series, values, types, and units of the endpoint', async (context) => {
    const program = need(context, otelcol())
    if (program === undefined) return
    const directory = await temporaryDirectory(context)
    const file = join(directory, 'scrapes.jsonl')
    const settings = [
      `exporters::file::path: ${file}`,
      'service::pipelines::metrics::exporters: [file]',
    ]
    await withCollector(scraping(app, { otelcol: program, settings }), async () => {
      // On a busy machine, the kernel's figures of a stopped worker can be missing for a moment.
      const scrape = await eventually(async () => {
        const first = seriesIn(await samples(app))
        const next = await nextScrape(file)
        const last = seriesIn(await samples(app))
        assertBetween(seriesIn(next.flatMap((metric) => metric.samples)), [first, last])
        return next
      }, 60_000)
      assert.deepEqual(described(scrape), expected(scrape))
      assert.ok(scrape.length > 30, `${scrape.length} metrics`)
    })
  })

  test('reaches Prometheus by remote write unchanged', async (context) => {
    const program = need(context, otelcol())
    const tools = needed(context, await prometheusTools())
    if (program === undefined || tools === undefined) return
    const flags = ['--web.enable-remote-write-receiver']
    await withPrometheus({ ...tools, config: '{}', flags }, async (prometheus) => {
      const env = {
        SCRAPE_EXPORTER: 'prometheus_remote_write',
        REMOTE_WRITE_URL: `${prometheus.url}/api/v1/write`,
      }
      await withCollector(scraping(app, { otelcol: program, env }), async ({ stderr }) => {
        const first = seriesIn(await samples(app))
        const written = await eventually(async () => {
          const results = await prometheus.query('{job="gunicorn-prometheus-exporter"}')
          const series = seriesIn(results.map(sampleOf).map(asServed))
          assert.ok(series.size >= first.size, `${series.size} series: ${stderr()}`)
          return series
        }, 60_000)
        assertBetween(written, [first, seriesIn(await samples(app))])
      })
    })
  })

  test('passes agent and gateway unchanged', async (context) => {
    const program = need(context, otelcol())
    if (program === undefined) return
    const storage = await temporaryDirectory(context)
    await withCollector({ otelcol: program, config: 'gateway.yaml' }, async ({ endpoints }) => {
      const env = {
        AGENT_RECEIVER: 'prometheus',
        AGENT_STORAGE: storage,
        GATEWAY_ENDPOINT: endpoints.OTLP_GRPC_ENDPOINT,
      }
      const agent = scraping(app, { otelcol: program, env })
      await withCollector({ ...agent, config: 'agent.yaml' }, async ({ stderr }) => {
        const first = seriesIn(await samples(app))
        const arrived = await eventually(async () => {
          const page = readSamples(await fetchText(`http://${endpoints.PAGE_ENDPOINT}/metrics`))
          const series = seriesIn(page.map(asServed))
          assert.ok(series.size >= first.size, `${series.size} series: ${stderr()}`)
          return series
        }, 60_000)
        assertBetween(arrived, [first, seriesIn(await samples(app))])
      })
    })
  })
})

/** Sends requests of all kinds and kills a worker, which is replaced. */
async function serve(app: App): Promise<void> {
  const port = await app.ready()
  const paths = ['/', '/size?bytes=3000', '/status?code=503', '/users/42', '/pid']
  await load({ port, paths, count: 500, connections: 8 })
  const pid = Number(await fetchText(`http://127.0.0.1:${port}/pid`))
  await eventually(async () =>
    assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 501),
  )
  process.kill(pid, 'SIGKILL')
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 1)
    assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), workers)
    assert.equal(select(page, 'gunicorn_worker_info').length, workers)
  })
}

/** Stops all workers, so that nothing changes any more but what the exporter adds; their pids. */
async function stoppedWorkers(app: App): Promise<number[]> {
  const page = await app.page()
  const live = new Set(
    select(page, 'gunicorn_worker_report_age_seconds').map(({ labels }) => labels['worker_id']),
  )
  const pids = select(page, 'gunicorn_worker_info')
    .filter(({ labels }) => live.has(labels['worker_id']))
    .map(({ labels }) => Number(labels['pid']))
  assert.equal(pids.length, workers)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  await eventually(async () => {
    const now = await app.page()
    assert.equal(sum(now, 'gunicorn_master_workers', { state: 'listening' }), 0)
    // The kernel's figure for a stopped process.
    const percents = select(now, 'gunicorn_worker_cpu_percent').map(({ value }) => value)
    assert.deepEqual(percents, Array(workers).fill(0))
    const settled = await steady(app)
    await sleep(300)
    assert.deepEqual(await steady(app), settled)
  })
  return pids
}

async function steady(app: App): Promise<Map<string, number>> {
  return seriesIn((await samples(app)).filter(({ name }) => !rising.test(name) && name !== silence))
}

async function samples(app: App): Promise<RawSample[]> {
  const accept = 'application/openmetrics-text;version=1.0.0'
  return readSamples(await fetchText(app.metricsUrl, { accept }))
}

function scraping(app: App, options: Omit<CollectorOptions, 'config'>): CollectorOptions {
  const env = {
    SCRAPE_TARGET: new URL(app.metricsUrl).host,
    SCRAPE_INTERVAL: '1s',
    SCRAPE_TIMEOUT: '1s',
    ...options.env,
  }
  return { ...options, env, config: 'scrape.yaml' }
}

/** The first complete scrape in the file that begins after the call. */
function nextScrape(file: string): Promise<OtlpMetric[]> {
  const now = Date.now()
  return eventually(async () => {
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1)
    const scrape = readOtlpLine(lines.at(-1) ?? '')
    const [up] = scrape.filter(({ name }) => name === 'up')
    assert.ok(up && up.timeMs > now, 'no scrape')
    assert.equal(up.samples[0]?.value, 1)
    return scrape
  }, 60_000)
}

/** What the receiver itself adds to a scrape, and the remote write exporter to a resource. */
const added = /^(?:up|scrape_.+|target_info)$/

/** Values by series, bucket bounds spelled alike, without what the way added. */
function seriesIn(list: readonly RawSample[]): Map<string, number> {
  const ours = list.filter(({ name }) => !added.test(name))
  return new Map(
    ours.map((sample): [string, number] => [seriesOf(withPlainBound(sample)), sample.value]).sort(),
  )
}

/**
 * As the endpoint has it: without the target's labels, and the receiver's name where there was
 * none. The exporters put `key` in front of labels that begin with an underscore, whatever their
 * translation.
 */
function asServed(sample: RawSample): RawSample {
  const isReceiver = sample.labels.some(
    ([label, text]) => label === 'otel_scope_name' && text.endsWith('/prometheusreceiver'),
  )
  const foreign = isReceiver ? /^(?:job|instance|otel_scope_.+)$/ : /^(?:job|instance)$/
  const labels = sample.labels
    .filter(([label]) => !foreign.test(label))
    .map(([label, text]): [string, string] => [label.replace(/^key_/, '_'), text])
  return { ...sample, labels }
}

function sampleOf({ labels: { __name__: name = '', ...labels }, value }: Result): RawSample {
  return { name, labels: Object.entries(labels), value, line: '' }
}

/** The same series as in both pages, and of each the value that it had then or in between. */
function assertBetween(
  scraped: ReadonlyMap<string, number>,
  [first, last]: readonly [ReadonlyMap<string, number>, ReadonlyMap<string, number>],
): void {
  assert.deepEqual([...scraped.keys()], [...last.keys()])
  const wrong = [...scraped].filter(([series, value]) => {
    const [least = Number.NaN, most = Number.NaN] = [first.get(series), last.get(series)]
    if (series.startsWith(silence)) return !(value >= 0)
    if (!rising.test(series)) assert.equal(least, most, series)
    return !(least <= value && value <= most)
  })
  assert.deepEqual(wrong, [])
}

function described(scrape: readonly OtlpMetric[]): Record<string, unknown> {
  return Object.fromEntries(
    scrape
      .filter(({ name }) => name.startsWith('gunicorn_'))
      .map(({ name, kind, unit }) => [name, { kind, unit }]),
  )
}

/** Units that the text formats can say, in OTel's spelling. */
const units = ['s', 'By', '1', '%']

function expected(scrape: readonly OtlpMetric[]): Record<string, unknown> {
  const seen = new Set(scrape.map(({ name }) => name))
  return Object.fromEntries(
    Object.values(catalog)
      .filter(({ name }) => seen.has(name))
      .map(({ name, kind, unit }) => [
        name,
        { kind, unit: units.includes(unit) ? unit : undefined },
      ]),
  )
}
