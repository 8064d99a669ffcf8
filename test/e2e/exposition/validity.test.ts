import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { TextFormat } from '../../../src/exposition/text-format.ts'
import { renderText } from '../../support/exposition/render-text.ts'
import { collected, converted, useAtRandom } from '../../support/otel/otel.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import {
  faultsOf,
  type RawSample,
  readSamples,
  seriesOf,
} from '../../support/prometheus/exposition.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'
import { Random } from '../../support/random.ts'
import { need, promtool, pythonWithClient } from '../../support/tools.ts'

const formats: readonly TextFormat[] = ['prometheus', 'openmetrics']
const accept: Record<TextFormat, string> = {
  prometheus: 'text/plain;version=0.0.4',
  openmetrics: 'application/openmetrics-text;version=1.0.0',
}

describe('The page of a cluster with all options of OTel’s exporter', () => {
  let app: App

  before(async () => {
    app = await startApp({
      file: 'apps/metrics/odd-metrics.cjs',
      env: {
        OTEL_RESOURCE_ATTRIBUTES: 'größe=%22x%22,le=y,1st=z,http.method=own,k8s.pod.name=shop-7',
        PROMETHEUS_PREFIX: 'acme',
        PROMETHEUS_WITH_RESOURCE_CONSTANT_LABELS: '.*',
        PROMETHEUS_WITHOUT_SCOPE_INFO: 'true',
        PROMETHEUS_WITHOUT_TARGET_INFO: 'true',
      },
    })
    await app.ready()
    await shown(app, 'acme_orders_processed_total', 4)
  })

  after(() => app.stop())

  for (const format of formats) {
    test(`has the same values in Prometheus’s Python client (${format})`, async (context) => {
      const python = need(context, pythonWithClient())
      if (python === undefined) return
      const { text } = await pageOf(app, { accept: accept[format] })
      assert.deepEqual(faultsOf(text, format), [])
      const [page] = parsed(python, [{ format, text }])
      assert.deepEqual(seriesIn(page?.samples ?? []), seriesIn(readSamples(text)), page?.error)
    })
  }
})

for (const workerIds of ['age', 'slot']) {
  describe(`The page of a used cluster with worker ids by ${workerIds}`, () => {
    let app: App

    before(async () => {
      const file = 'apps/metrics/odd-metrics.cjs'
      app = await startApp({ file, env: { GUNICORN_WORKER_ID: workerIds } })
      await live(app)
    })

    after(() => app.stop())

    for (const format of formats) {
      test(`is well formed (${format})`, async () => {
        const { text, type } = await pageOf(app, { accept: accept[format] })
        assert.ok(type?.startsWith(accept[format].replace(';', '; ')), type)
        assert.deepEqual(faultsOf(text, format), [])
      })

      test(`has the same values in Prometheus’s Python client (${format})`, async (context) => {
        const python = need(context, pythonWithClient())
        if (python === undefined) return
        const { text } = await pageOf(app, { accept: accept[format] })
        const [page] = parsed(python, [{ format, text }])
        assert.deepEqual(seriesIn(page?.samples ?? []), seriesIn(readSamples(text)), page?.error)
        assert.ok(page?.helps.includes('Orders, "all" of\nthem.'))
        assert.ok(page?.helps.includes('A \\ in the help.'))
      })
    }

    test('passes promtool without a warning', async (context) => {
      const tool = need(context, promtool())
      if (tool === undefined) return
      const { text } = await pageOf(app, { accept: accept.prometheus })
      const { status, stdout, stderr } = checked(tool, text)
      assert.equal(`${stdout}${stderr}`, '')
      assert.equal(status, 0)
    })

    test('has the same values in both formats, compressed or not', async () => {
      const asked: Record<string, string>[] = formats.flatMap((format) => [
        { accept: accept[format] },
        { accept: accept[format], 'accept-encoding': 'gzip' },
      ])
      const workers = pidsIn(await app.page())
      // Stopped, they report nothing, and all that is left to change is what the exporter adds.
      for (const pid of workers) process.kill(pid, 'SIGSTOP')
      try {
        const first = await settled(app)
        for (const headers of asked) {
          const { text, encoding } = await pageOf(app, headers)
          assert.equal(encoding, headers['accept-encoding'])
          assert.deepEqual(steady(text), first, JSON.stringify(headers))
        }
      } finally {
        for (const pid of workers) process.kill(pid, 'SIGCONT')
      }
    })

    test('shows what the application measured, with its odd labels', async () => {
      const samples = await app.page()
      // Two live workers and the two that died, which had counted the same before.
      assert.equal(sum(samples, 'orders_processed_total'), 8)
      // Gauges end with their worker.
      assert.equal(select(samples, 'cache_hit_ratio').length, 2)
      assert.equal(select(samples, 'pool_gr_e', { pool: 'a' }).length, 2)
      const [orders] = select(samples, 'orders_processed_total')
      assert.deepEqual(orders?.labels, {
        _1st: 'true',
        empty: '',
        exported_le: 'not a bucket',
        gr_e: 'größe 😀',
        http_method: 'GET;twin',
        list: '["a","b"]',
        otel_scope_name: '@acme/shop',
        otel_scope_version: '1.0.0',
        quoted: 'a "b" \\ c\nd, e="f"} 5',
      })
    })
  })
}

describe('Pages of generated metrics', () => {
  const taste = { clashes: true, impossible: false, exponential: true }

  for (const format of formats) {
    test(`have the same values in Prometheus’s Python client (${format})`, async (context) => {
      const python = need(context, pythonWithClient())
      if (python === undefined) return
      const texts = await Promise.all(Array.from({ length: 200 }, (_, seed) => generated(seed)))
      const pages = parsed(
        python,
        texts.map((text) => ({ format, text: text[format] })),
      )
      for (const [seed, page] of pages.entries()) {
        const written = readSamples(texts[seed]?.[format] ?? '')
        assert.deepEqual(seriesIn(page.samples), seriesIn(written), `${seed}: ${page.error}`)
      }
    })
  }

  test('pass promtool', async (context) => {
    const tool = need(context, promtool())
    if (tool === undefined) return
    for (let seed = 0; seed < 25; seed += 1) {
      const { status, stderr } = checked(tool, (await generated(seed)).prometheus)
      // 3: it would have named something otherwise; 1: it could not read the page.
      assert.ok(status === 0 || status === 3, `seed ${seed}: ${stderr}`)
    }
  })

  async function generated(seed: number): Promise<Record<TextFormat, string>> {
    const random = new Random(seed)
    const metrics = converted(await collected((provider) => useAtRandom(provider, random, taste)))
    const text = (format: TextFormat): string =>
      // As it crosses the wire: a lone surrogate does not.
      Buffer.from(renderText(metrics, format).text).toString()
    return { prometheus: text('prometheus'), openmetrics: text('openmetrics') }
  }
})

/** Sends requests of all kinds and ends two workers in different ways. */
async function live(app: App): Promise<void> {
  const port = await app.ready()
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`
  await shown(app, 'orders_processed_total', 4)
  for (const path of ['/', '/size?bytes=3000', '/status?code=503', '/users/42', '/pid']) {
    await (await fetch(url(path))).text()
  }
  await (await fetch(url('/echo'), { method: 'POST', body: 'x'.repeat(2_000) })).text()
  await hungUp(port, 'GET /never HTTP/1.1\r\nHost: a\r\n\r\n')
  await hungUp(port, 'NOT / HTTP\r\n\r\n')
  await shown(app, 'gunicorn_worker_failed_requests_total', 3)
  await shown(app, 'gunicorn_worker_error_handling_total', 1)
  const pid = Number(await (await fetch(url('/pid'))).text())
  process.kill(pid, 'SIGKILL')
  await shown(app, 'gunicorn_master_worker_restarts_total', 1)
  await shown(app, 'orders_processed_total', 6)
  await fetch(url('/throw')).catch(() => {})
  await shown(app, 'gunicorn_master_worker_restarts_total', 2)
  await shown(app, 'orders_processed_total', 8)
  await eventually(async () => {
    assert.equal(sum(await app.page(), 'gunicorn_master_workers', { state: 'live' }), 2)
  })
}

function shown(app: App, name: string, least: number): Promise<void> {
  return eventually(async () => {
    const total = sum(await app.page(), name)
    assert.ok(total >= least, `${name} is ${total}`)
  })
}

/** Sends the text to the port and closes the connection without a response. */
async function hungUp(port: number, text: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(text)
  await sleep(100)
  socket.destroy()
}

interface Answer {
  readonly text: string
  readonly type: string | undefined
  readonly encoding: string | undefined
}

/** Requests a page with exactly the given headers. fetch would add gzip and decompress. */
async function pageOf(app: App, headers: Record<string, string>): Promise<Answer> {
  const request = get(app.metricsUrl, { headers, agent: false })
  const [response] = await once(request, 'response')
  assert.equal(response.statusCode, 200)
  const body = Buffer.concat(await response.toArray())
  const encoding = response.headers['content-encoding']
  const text = (encoding === 'gzip' ? gunzipSync(body) : body).toString()
  return { text, type: response.headers['content-type'], encoding }
}

function pidsIn(samples: readonly Sample[]): number[] {
  const live = select(samples, 'gunicorn_worker_report_age_seconds').map(
    ({ labels }) => labels['worker_id'],
  )
  return select(samples, 'gunicorn_worker_info')
    .filter(({ labels }) => live.includes(labels['worker_id']))
    .map(({ labels }) => Number(labels['pid']))
}

/** The lasting series of the page when no request is open. */
function settled(app: App): Promise<Map<string, number>> {
  return eventually(async () => {
    const before = steady((await pageOf(app, {})).text)
    await sleep(300)
    assert.deepEqual(steady((await pageOf(app, {})).text), before)
    return before
  })
}

/** Leaves out the series that change at every scrape. */
function steady(text: string): Map<string, number> {
  const lasting = readSamples(text).filter(
    ({ name }) => !/^gunicorn_(?:exporter_|worker_report_age|master_event_loop_silence)/.test(name),
  )
  return seriesIn(lasting)
}

interface Parsed {
  readonly error: string | undefined
  readonly helps: readonly string[]
  readonly samples: readonly RawSample[]
}

interface Written {
  readonly error?: string
  readonly families?: readonly { help: string }[]
  readonly samples?: readonly { name: string; labels: Record<string, string>; value: string }[]
}

function parsed(python: string, pages: readonly { format: string; text: string }[]): Parsed[] {
  const script = join(import.meta.dirname, '../../support/prometheus/parse_expositions.py')
  const options = { input: JSON.stringify(pages), encoding: 'utf8', maxBuffer: 1e9 } as const
  const { status, stdout, stderr } = spawnSync(python, [script], options)
  assert.equal(status, 0, stderr)
  return (JSON.parse(stdout) as Written[]).map(({ error, families = [], samples = [] }) => ({
    error,
    helps: families.map(({ help }) => help),
    samples: samples.map(({ name, labels, value }) => ({
      name,
      labels: Object.entries(labels),
      value: special.get(value) ?? Number(value),
      line: '',
    })),
  }))
}

const special = new Map([
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['nan', Number.NaN],
])

function checked(
  tool: string,
  input: string,
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(tool, ['check', 'metrics'], { input, encoding: 'utf8' })
}

function seriesIn(samples: readonly RawSample[]): Map<string, number> {
  return new Map(samples.map((sample): [string, number] => [seriesOf(sample), sample.value]).sort())
}
