import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  composeChecker,
  composeFolder,
  loadCompose,
} from '../../../support/compose/compose-file.ts'
import {
  type Addresses,
  startApplication,
  startComposeCollector,
  startComposePrometheus,
  startExporter,
  startLoad,
} from '../../../support/compose/without-containers.ts'
import { eventually, fetchText } from '../../../support/programs/app.ts'
import { latestFirst } from '../../../support/programs/belongings.ts'
import { parsePage, sum } from '../../../support/prometheus/page.ts'
import { type Prometheus, prometheusTools } from '../../../support/prometheus/prometheus.ts'
import { startRedis } from '../../../support/redis/redis.ts'
import { need, needed, otelcol } from '../../../support/tools.ts'

const requests = 'http_server_request_duration_seconds_count'
const replicas = ['application-1', 'application-2']
/** A fault each second shows all kinds of ends in a test. */
const variables = { LOAD_RATE: '40', LOAD_FAULT_EVERY_SECONDS: '2' }

test('Series of compose.yml reach Prometheus once, through Redis and the Collector', async (t) => {
  const context = latestFirst(t)
  const checker = need(t, composeChecker())
  const tools = needed(t, await prometheusTools())
  const collector = need(t, otelcol())
  if (checker === undefined || tools === undefined || collector === undefined) return
  const services = loadCompose(checker, 'compose.yml', variables)
  const redis = await startRedis(context)
  if (redis === undefined) return
  const shared = { REDIS_HOST: '127.0.0.1', REDIS_PORT: `${redis.port}` }
  const addresses: Addresses = new Map()
  const more: RegExp[] = []
  for (const name of replicas) {
    const app = await startApplication(context, services[name], shared)
    if (!app.isLimited) more.push(ofCgroups)
    addresses.set(`${name}:8000`, `127.0.0.1:${app.port}`)
  }
  const exporter = await startExporter(context, services['exporter'], shared)
  addresses.set('exporter:9091', new URL(exporter.metricsUrl).host)
  const { prometheus: program } = tools
  const prometheus = await startComposePrometheus(context, services['prometheus'], {
    program,
    addresses,
  })
  addresses.set('prometheus:9090', new URL(prometheus.url).host)
  await startComposeCollector(context, services['collector'], { program: collector, addresses })
  const load = startLoad(context, services['load'], addresses)

  await assertDashboards(prometheus, more)
  const instances = await prometheus.query(
    'sum by (instance) (gunicorn_master_workers{job="demo"})',
  )
  assert.deepEqual(instances.map(({ labels }) => labels['instance']).sort(), ['shop-1', 'shop-2'])
  const counts = await load.end()
  assert.equal(counts.skipped, 0)
  const pages = async (): Promise<number> => sum(await exporter.page(), requests)
  await assertOnce(prometheus, { pages, counts })
})

test('Series of compose.minimal.yml reach Prometheus once, from each replica', async (t) => {
  const context = latestFirst(t)
  const checker = need(t, composeChecker())
  const tools = needed(t, await prometheusTools())
  if (checker === undefined || tools === undefined) return
  const services = loadCompose(checker, 'compose.minimal.yml', variables)
  const addresses: Addresses = new Map()
  const urls: string[] = []
  const more = [ofRedis]
  for (const name of replicas) {
    const app = await startApplication(context, services[name], {})
    if (!app.isLimited) more.push(ofCgroups)
    addresses.set(`${name}:8000`, `127.0.0.1:${app.port}`)
    addresses.set(`${name}:9091`, `127.0.0.1:${app.metricsPort}`)
    urls.push(`http://127.0.0.1:${app.metricsPort}/metrics`)
  }
  const { prometheus: program } = tools
  const prometheus = await startComposePrometheus(context, services['prometheus'], {
    program,
    addresses,
  })
  const load = startLoad(context, services['load'], addresses)

  await assertDashboards(prometheus, more)
  const counts = await load.end()
  const pages = async (): Promise<number> => {
    const texts = await Promise.all(urls.map((url) => fetchText(url)))
    return sum(texts.flatMap(parsePage), requests)
  }
  await assertOnce(prometheus, { pages, counts })
})

/** What no service of the demo has: TLS, pushes, a shared directory, nodes, peers, faults. */
const absent: readonly RegExp[] = [
  /^gunicorn_exporter_(?:certificate|push|faults|redis_peers|redis_refused)/,
  /^gunicorn_sidecar_(?:multiproc|outside|refused)/,
]
const ofRedis = /^gunicorn_(?:sidecar_|exporter_redis_)/
/** This user may lack the right to make a cgroup. */
const ofCgroups = /^gunicorn_exporter_cgroup_/

/** Waits until Prometheus has each metric that a dashboard reads. */
async function assertDashboards(prometheus: Prometheus, more: readonly RegExp[]): Promise<void> {
  const without = [...absent, ...more]
  const all = dashboardMetrics()
  // A name without buckets beside a name with buckets is a native histogram.
  const classic = all.filter((name) => !all.includes(`${name}_bucket`))
  const names = classic.filter((name) => !without.some((each) => each.test(name)))
  assert.ok(names.length > 20)
  await eventually(async () => {
    const missing: string[] = []
    for (const name of names) {
      // A series that ended between two scrapes counts too.
      const found = await prometheus.query(`count(last_over_time(${name}{job="demo"}[5m]))`)
      if (found.length === 0) missing.push(name)
    }
    assert.deepEqual(missing, [])
  }, 120_000)
}

function dashboardMetrics(): string[] {
  const folder = join(composeFolder, '../grafana/dashboards')
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  const expressions = texts.flatMap((text) => text.match(/"expr": "(?:[^"\\]|\\.)*"/g) ?? [])
  const names = expressions.flatMap((each) => each.match(/\b(?:gunicorn|http_server)_\w+/g) ?? [])
  return [...new Set(names)].sort()
}

/** Once, and not twice: Prometheus has what the pages have, and the pages what the load sent. */
async function assertOnce(
  prometheus: Prometheus,
  {
    pages,
    counts,
  }: {
    readonly pages: () => Promise<number>
    readonly counts: { readonly sent: number; readonly failed: number; readonly faults: number }
  },
): Promise<void> {
  await eventually(async () => {
    const stored = await prometheus.query(`sum(${requests}{job="demo"})`)
    const shown = await pages()
    assert.equal(stored[0]?.value, shown)
    assert.ok(shown <= counts.sent + counts.faults, `${shown} of ${JSON.stringify(counts)}`)
    assert.ok(
      shown >= counts.sent - counts.failed - lostAtKills,
      `${shown} of ${JSON.stringify(counts)}`,
    )
  }, 60_000)
}

/** A worker that dies by SIGKILL can lose its answers under way. */
const lostAtKills = 100
