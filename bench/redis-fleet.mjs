import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startRelay } from './support/counted-relay.mjs'
import { fetchText } from './support/fetch-text.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { startRedis } from './support/redis.mjs'
import { quantile } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * The cost of one primary among many clusters on one Redis: alone, at rest, and with a scrape every
 * 15 seconds. One process writes the states of the other clusters. Needs redis-server in the PATH.
 *
 *   npm run bench:redis-fleet -- [--node PATH] [--clusters N] [--seconds N] [--against DIR]
 *
 * --against DIR is another built checkout, which is measured in the same run.
 */

const { values: options } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    clusters: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    against: { type: 'string' },
  },
})
const clusters = Number(options.clusters)
const seconds = Number(options.seconds)
const scrapeMs = 15_000
const warmUpMs = 20_000
const patienceMs = 120_000
const builds = [
  ...(options.against === undefined ? [] : [{ name: 'against', dir: options.against }]),
  { name: 'this', dir: undefined },
]

printHead(`One primary beside ${clusters} clusters`, { node: options.node, packages: ['ioredis'] })
const redis = await startRedis()
try {
  const value = await realValue()
  print(`One cluster in Redis: ${(value.length / 1_000).toFixed(1)} kB`)
  for (const build of builds) report(build.name, await measureBuild(build, value))
} finally {
  await redis.stop()
}
printTail()

async function startPrimary({ dir }) {
  const relay = await startRelay(redis.port)
  const metricsPort = await freePort()
  const subject = await startSubject('subjects/shared-cluster.mjs', {
    node: options.node,
    args: ['4'],
    nodeArgs: preloadFlags(dir),
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      REDIS_ENABLED: 'true',
      REDIS_PORT: String(relay.port),
    },
  })
  const stop = async () => {
    await subject.stop()
    relay.stop()
  }
  return { subject, metricsPort, relay, stop }
}

/** The state that a real primary of four workers writes after some requests. */
async function realValue() {
  const primary = await startPrimary(builds.at(-1))
  try {
    for (let sent = 0; sent < 100; sent += 1)
      await fetchText(primary.subject.ready, '/', { patienceMs })
    await sleep(4_000)
    const [incarnation] = await redis.client.zrange('{gunicorn}:metrics:sources', 0, 0)
    return await redis.client.getBuffer(`{gunicorn}:metrics:source:${incarnation}`)
  } finally {
    await primary.stop()
  }
}

async function measureBuild(build, value) {
  await redis.client.flushall()
  const alone = await measure(build, { isScraped: false })
  const fleet = await startSubject('subjects/shared-fleet.mjs', {
    node: options.node,
    args: [String(redis.port), String(clusters)],
  })
  try {
    await fleet.ask('begin', value.toString('base64'))
    const before = await fleet.ask('cpuShare')
    const rest = await measure(build, { isScraped: false })
    const fleetCpu = (await fleet.ask('cpuShare')) - before
    print(`CPU of the simulation: ${(fleetCpu / 1e4 / (seconds + warmUpMs / 1e3)).toFixed(0)} %`)
    const scraped = await measure(build, { isScraped: true })
    return [alone, rest, scraped]
  } finally {
    await fleet.stop()
  }
}

async function measure(build, { isScraped }) {
  const primary = await startPrimary(build)
  const { subject, relay, metricsPort } = primary
  const scrapes = []
  let isEnding = false
  const scraping = async () => {
    while (isScraped && !isEnding) {
      const next = performance.now() + scrapeMs
      scrapes.push(await scrape(metricsPort))
      await sleep(Math.max(0, next - performance.now()))
    }
  }
  try {
    const scraped = scraping()
    await sleep(isScraped ? 2.5 * scrapeMs : warmUpMs)
    const first = scrapes.length
    const [cpuBefore, bytesBefore, redisBefore] = [
      await subject.ask('cpu'),
      relay.bytes(),
      await redisCpu(),
    ]
    const began = performance.now()
    await sleep(1_000 * seconds)
    const elapsed = (performance.now() - began) / 1_000
    const cpu = (await subject.ask('cpu')) - cpuBefore
    const figures = {
      cpu: cpu / 1e4 / elapsed,
      bytes: (relay.bytes() - bytesBefore) / elapsed,
      redisCpu: (100 * ((await redisCpu()) - redisBefore)) / elapsed,
      rss: await subject.ask('rss'),
      firstScrape: scrapes[0],
      scrapes: scrapes.slice(first),
    }
    isEnding = true
    await scraped
    return figures
  } finally {
    await primary.stop()
  }
}

async function redisCpu() {
  const text = await redis.client.info('cpu')
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0)
  return number(/^used_cpu_sys:([\d.]+)/m) + number(/^used_cpu_user:([\d.]+)/m)
}

/** Time, size and series of a page, and the ages of the states on the page. */
async function scrape(port) {
  const began = performance.now()
  const body = await fetchText(port, '/metrics', { patienceMs })
  const ms = performance.now() - began
  const now = Date.now() / 1_000
  const written = [...body.matchAll(/^fleet_written_seconds\{.*\} (\S+)$/gm)]
  const ages = written.map(([, time]) => now - ms / 1_000 - Number(time))
  let series = 0
  for (const _ of body.matchAll(/^[^#\n]/gm)) series += 1
  return { ms, bytes: body.length, series, shown: ages.length, oldest: Math.max(...ages) }
}

function report(name, phases) {
  const [alone] = phases
  const cell = (pick, digits = 1) => phases.map((each) => format(pick(each), digits))
  const ofScrapes = (pick, share) => (each) => quantile(each.scrapes.map(pick), share)
  print()
  printTable([
    [name, 'alone', 'at rest', 'scraped every 15 s'],
    ['CPU of the primary, % of a core', ...cell(({ cpu }) => cpu, 2)],
    ['  as a multiple of alone', ...cell(({ cpu }) => cpu / alone.cpu)],
    ['drawn from Redis, kB/s', ...cell(({ bytes }) => bytes / 1e3)],
    ['memory of the primary (RSS), MB', ...cell(({ rss }) => rss / 1e6, 0)],
    ['CPU of Redis, %', ...cell(({ redisCpu }) => redisCpu)],
    [
      'a scrape, ms: median',
      ...cell(
        ofScrapes(({ ms }) => ms, 0.5),
        0,
      ),
    ],
    [
      '  worst',
      ...cell(
        ofScrapes(({ ms }) => ms, 1),
        0,
      ),
    ],
    ['  first', ...cell(({ firstScrape }) => firstScrape?.ms ?? Number.NaN, 0)],
    ['page, MB', ...cell(ofScrapes(({ bytes }) => bytes / 1e6, 0.5))],
    [
      '  series',
      ...cell(
        ofScrapes(({ series }) => series, 0.5),
        0,
      ),
    ],
    [
      '  clusters of the fleet',
      ...cell(
        ofScrapes(({ shown }) => shown, 0.5),
        0,
      ),
    ],
    ['  on the first page', ...cell(({ firstScrape }) => firstScrape?.shown ?? Number.NaN, 0)],
    ['oldest state on a page, s: median', ...cell(ofScrapes(({ oldest }) => oldest, 0.5))],
    ['  worst', ...cell(ofScrapes(({ oldest }) => oldest, 1))],
  ])
}

function format(value, digits) {
  return Number.isFinite(value) ? value.toFixed(digits) : '-'
}
