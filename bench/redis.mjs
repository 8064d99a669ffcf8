import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { fetchText } from './support/fetch-text.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { startRedis } from './support/redis.mjs'
import { quantile } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * The cost of sharing metrics by Redis: 1 and 16 clusters of 4 workers use one Redis on this
 * machine. Then the benchmark stops Redis and measures the application's requests. Needs
 * redis-server in the PATH.
 *
 *   npm run bench:redis -- [--node PATH] [--clusters N] [--outage SECONDS]
 */

const { values: options } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    clusters: { type: 'string', default: '16' },
    outage: { type: 'string', default: '10' },
  },
})
const preload = preloadFlags()
const workers = 4
const patienceMs = 60_000
const scrapes = 30
const steadyMs = 10_000

printHead('Sharing by Redis', { node: options.node, packages: ['ioredis'] })
const redis = await startRedis()
try {
  const sizes = [
    await measure(1, { isShared: false }),
    await measure(1, { isShared: true }),
    await measure(Number(options.clusters), { isShared: true }),
  ]
  report(sizes)
  await measureOutages()
} finally {
  await redis.stop()
}
printTail()

async function startClusters(count, workersEach, isShared) {
  const clusters = []
  try {
    for (let number = 0; number < count; number += 1) {
      const metricsPort = await freePort()
      const shared = { REDIS_ENABLED: 'true', REDIS_PORT: String(redis.port) }
      const subject = await startSubject('subjects/shared-cluster.mjs', {
        node: options.node,
        args: [String(workersEach)],
        nodeArgs: preload,
        env: {
          PROMETHEUS_METRICS_PORT: String(metricsPort),
          PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
          PROMETHEUS_PAGE_MAX_AGE: '0',
          ...(isShared && shared),
        },
      })
      clusters.push({ subject, metricsPort })
    }
    return clusters
  } catch (error) {
    await stopAll(clusters)
    throw error
  }
}

async function stopAll(clusters) {
  await Promise.all(clusters.map(({ subject }) => subject.stop()))
}

async function measure(count, { isShared }) {
  await redis.client.flushall()
  const clusters = await startClusters(count, workers, isShared)
  try {
    for (const { subject } of clusters) await request(subject.ready, 40)
    const [first] = clusters
    await untilShown(first.metricsPort, 40 * count)
    await sleep(3_000)
    const steady = await measureSteady(first.subject)
    const times = []
    let body = ''
    for (let scrape = 0; scrape < scrapes; scrape += 1) {
      const began = performance.now()
      body = await page(first.metricsPort)
      times.push(performance.now() - began)
      await sleep(300)
    }
    const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
    const [value] = await redis.client.zrange('{gunicorn}:metrics:sources', 0, 0)
    const bytes = value
      ? await redis.client.strlen(`{gunicorn}:metrics:source:${value}`)
      : Number.NaN
    return { count, isShared, times, pageBytes: body.length, series, bytes, ...steady }
  } finally {
    await stopAll(clusters)
  }
}

async function untilShown(port, requests) {
  const end = performance.now() + patienceMs
  let found = 0
  while (performance.now() < end) {
    const body = await page(port).catch(() => '')
    found = 0
    for (const [, value] of body.matchAll(/^gunicorn_worker_requests_total\S* (\d+)$/gm)) {
      found += Number(value)
    }
    if (found === requests) return
    await sleep(200)
  }
  throw new Error(`the page counts ${found} of ${requests} requests`)
}

async function measureSteady(subject) {
  const [before, cpuBefore] = [await traffic(), await subject.ask('cpu')]
  const began = performance.now()
  await sleep(steadyMs)
  const [after, cpuAfter] = [await traffic(), await subject.ask('cpu')]
  const seconds = (performance.now() - began) / 1_000
  return {
    primaryCpu: (cpuAfter - cpuBefore) / 1e4 / seconds,
    rounds: (after.rounds - before.rounds) / seconds,
    inBytes: (after.in - before.in) / seconds,
    outBytes: (after.out - before.out) / seconds,
    redisCpu: (100 * (after.cpu - before.cpu)) / seconds,
  }
}

async function traffic() {
  const sections = ['stats', 'commandstats', 'cpu'].map((name) => redis.client.info(name))
  const text = (await Promise.all(sections)).join('')
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0)
  return {
    rounds: number(/^cmdstat_zadd:calls=(\d+)/m),
    in: number(/^total_net_input_bytes:(\d+)/m),
    out: number(/^total_net_output_bytes:(\d+)/m),
    cpu: number(/^used_cpu_sys:([\d.]+)/m) + number(/^used_cpu_user:([\d.]+)/m),
  }
}

function report(sizes) {
  const cell = (pick, digits = 1) => sizes.map((size) => format(pick(size), digits))
  printTable([
    [
      '',
      ...sizes.map(({ count, isShared }) => `${count} × ${workers}${isShared ? '' : ', no Redis'}`),
    ],
    ['scrape, ms: median', ...cell(({ times }) => quantile(times, 0.5))],
    ['  95th percentile', ...cell(({ times }) => quantile(times, 0.95))],
    ['page, kB', ...cell(({ pageBytes }) => pageBytes / 1e3, 0)],
    ['  series', ...cell(({ series }) => series, 0)],
    ['one cluster in Redis, kB', ...cell(({ bytes }) => bytes / 1e3)],
    ['CPU of a primary, %', ...cell(({ primaryCpu }) => primaryCpu)],
    ['round trips per second and cluster', ...cell(({ rounds, count }) => rounds / count, 2)],
    ['into Redis, kB/s', ...cell(({ inBytes }) => inBytes / 1e3)],
    ['out of Redis, kB/s', ...cell(({ outBytes }) => outBytes / 1e3)],
    ['CPU of Redis, %', ...cell(({ redisCpu }) => redisCpu)],
  ])
}

function format(value, digits) {
  return Number.isNaN(value) ? '-' : value.toFixed(digits)
}

async function measureOutages() {
  await redis.client.flushall()
  const clusters = await startClusters(2, 2, true)
  const seconds = Number(options.outage)
  try {
    const [{ subject, metricsPort }] = clusters
    await request(subject.ready, 2_000)
    const rows = [
      ['', 'requests', 'failed', 'median, ms', 'p99, ms', 'worst scrape, ms', 'right again, ms'],
    ]
    const phases = [
      ['as always', async () => {}, async () => {}],
      ['stopped', () => redis.kill(), () => redis.start()],
      ['hung', () => redis.signal('SIGSTOP'), () => redis.signal('SIGCONT')],
      ['as always', async () => {}, async () => {}],
    ]
    let sent = 2_000
    for (const [name, begin, end] of phases) {
      await begin()
      const load = await loadFor(subject.ready, metricsPort, 1_000 * seconds)
      sent += load.times.length
      await end()
      const right = await untilRight(clusters[1].metricsPort, sent)
      rows.push([
        `Redis ${name}, ${seconds} s`,
        String(load.times.length),
        String(load.failed),
        format(quantile(load.times, 0.5), 2),
        format(quantile(load.times, 0.99), 2),
        format(Math.max(...load.scrapes), 1),
        format(right, 0),
      ])
    }
    print()
    printTable(rows)
  } finally {
    await stopAll(clusters)
  }
}

/** The time until the page of another cluster shows every counted request. */
async function untilRight(port, requests) {
  const began = performance.now()
  await untilShown(port, requests)
  return performance.now() - began
}

async function loadFor(port, metricsPort, ms) {
  const end = performance.now() + ms
  const [times, scrapes] = [[], []]
  let failed = 0
  const lane = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (performance.now() < end) {
      const began = performance.now()
      await fetchText(port, '/', { patienceMs, agent }).catch(() => {
        failed += 1
      })
      times.push(performance.now() - began)
      await sleep(1)
    }
    agent.destroy()
  }
  const scraping = async () => {
    while (performance.now() < end) {
      const began = performance.now()
      await page(metricsPort)
      scrapes.push(performance.now() - began)
      await sleep(1_000)
    }
  }
  await Promise.all([lane(), lane(), lane(), lane(), scraping()])
  return { times, scrapes, failed }
}

async function request(port, count) {
  const agent = new Agent({ keepAlive: false })
  for (let sent = 0; sent < count; sent += 1) await fetchText(port, '/', { patienceMs, agent })
}

function page(port) {
  return fetchText(port, '/metrics', { patienceMs })
}
