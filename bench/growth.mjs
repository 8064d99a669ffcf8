import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { scrape, untilCounted } from './support/scrape.mjs'
import { median } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * How costs grow with endpoints, with label sets of failed requests, with workers and with series.
 *
 *   npm run bench:growth -- [--node PATH] [--quick] [--only KINDS]
 *
 * The bare server of a kind answers the same requests. Each row has processes of its own. A figure
 * of a request that is more than a quarter above the figure of the first row is named.
 */

const kinds = { endpoints, failures, workers, series }
const options = readOptions({ rounds: 7, quickRounds: 3, groups: Object.keys(kinds) })
const counts = options.quick ? [1, 1_000] : [1, 10, 100, 1_000]
const workerCounts = options.quick ? [1, 8] : [1, 4, 16, 64]
const seriesCounts = options.quick ? [100, 10_000] : [100, 1_000, 10_000, 100_000]
const connections = 8
const burst = 2_000
const warmUps = 4
const restMs = options.quick ? 2_000 : 5_000
/** Of the first row. */
const growthThatIsNamed = 1.25

printHead('Growth of costs', { node: options.node, packages: ['@opentelemetry/sdk-metrics'] })
for (const kind of options.only ?? Object.keys(kinds)) await kinds[kind]()
printTail()

async function endpoints() {
  await measureRequests('endpoints', 'ok')
}

async function failures() {
  await measureRequests('label sets of failed requests', 'failed')
}

/** In a cluster worker, which keeps its counts for a sudden end, too. */
async function measureRequests(what, folder) {
  const load = await startSubject('support/load.mjs', { node: process.execPath })
  const rows = []
  try {
    for (const count of counts) rows.push(await measureRow(load, { folder, count }))
  } finally {
    await load.stop()
  }
  printRows(what, rows, {
    'bare, µs': ({ bare }) => bare.toFixed(1),
    'preload, µs': ({ preload }) => preload.toFixed(1),
    'added, µs': ({ added }) => added.toFixed(1),
    'scrape, ms': ({ scrapeMs }) => scrapeMs.toFixed(1),
    'page, kB': ({ bytes }) => (bytes / 1e3).toFixed(0),
    'worker, MB': ({ rss }) => (rss / 1e6).toFixed(0),
  })
  name('CPU that the preload adds to a request', rows, ({ added }) => added)
  print(
    `  medians of ${options.rounds} bursts of ${burst} requests over ${connections} connections`,
  )
  print()
}

async function measureRow(load, { folder, count }) {
  const paths = Array.from({ length: count }, (_, index) => `/${folder}/${letters(index)}`)
  const metricsPort = await freePort()
  const bare = await startServer([], metricsPort)
  const preload = await startServer(preloadFlags(), metricsPort)
  try {
    for (const { ready: port } of [bare, preload]) {
      await load.ask('open', { port, connections, paths })
      for (let turn = 0; turn < warmUps; turn += 1) await send(load, port)
    }
    const costs = { bare: [], preload: [] }
    for (let round = 0; round < options.rounds; round += 1) {
      costs.bare.push(await costOf(load, bare))
      costs.preload.push(await costOf(load, preload))
    }
    await sleep(1_500)
    const scrapes = []
    for (let turn = 0; turn < 4; turn += 1) {
      scrapes.push(await scrape(metricsPort))
      await sleep(1_200)
    }
    return {
      count,
      bare: median(costs.bare),
      preload: median(costs.preload),
      added: median(costs.preload.map((cost, round) => cost - costs.bare[round])),
      scrapeMs: median(scrapes.slice(1).map(({ elapsedMs }) => elapsedMs)),
      bytes: scrapes[0].body.byteLength,
      rss: await preload.ask('rss'),
    }
  } finally {
    for (const subject of [bare, preload]) {
      await load.ask('close', { port: subject.ready })
      await subject.stop()
    }
  }
}

/** Names without digits: a path with digits is folded to a template. */
function letters(index) {
  return String(index).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)])
}

function startServer(nodeArgs, metricsPort) {
  return startSubject('subjects/request-worker.mjs', {
    node: options.node,
    args: ['growth-server.mjs'],
    nodeArgs,
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    },
  })
}

async function costOf(load, subject) {
  const before = await subject.ask('cpu')
  await send(load, subject.ready)
  return ((await subject.ask('cpu')) - before) / burst
}

function send(load, port) {
  return load.ask('burst', { port, requests: burst, connections })
}

async function workers() {
  await measureClusters(
    'workers with 100 series each',
    workerCounts.map((count) => ({ count, workers: count, series: 100 })),
  )
}

async function series() {
  await measureClusters(
    'series of the cluster, in 4 workers',
    seriesCounts.map((count) => ({ count, workers: 4, series: count / 4 })),
  )
}

/** Clusters in which all series change before each scrape. */
async function measureClusters(what, sizes) {
  const rows = []
  for (const size of sizes) rows.push({ ...size, ...(await measureCluster(size)) })
  printRows(what, rows, {
    'scrape, ms': ({ scrapeMs }) => scrapeMs.toFixed(1),
    'CPU for a scrape, ms': ({ cpuMs }) => cpuMs.toFixed(1),
    'primary at rest, % of a core': ({ primaryShare }) => primaryShare.toFixed(2),
    'a worker at rest, % of a core': ({ workerShare }) => workerShare.toFixed(2),
    'primary, MB': ({ rss }) => (rss / 1e6).toFixed(0),
    'page, kB': ({ bytes }) => (bytes / 1e3).toFixed(0),
  })
  name('CPU of a worker at rest', rows, ({ workerShare }) => workerShare)
  name('CPU of the primary at rest', rows, ({ primaryShare }) => primaryShare)
  print()
}

async function measureCluster({ workers: workerCount, series: seriesCount }) {
  const metricsPort = await freePort()
  const subject = await startSubject('subjects/scrape-cluster.mjs', {
    node: options.node,
    args: ['otel', String(workerCount), String(seriesCount)],
    nodeArgs: preloadFlags(),
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    },
  })
  try {
    await untilCounted(metricsPort, workerCount * seriesCount)
    const scrapes = []
    for (let turn = 0; turn < 4; turn += 1) {
      await subject.ask('record')
      await sleep(2_500)
      const before = await subject.ask('cpu')
      const { body, elapsedMs } = await scrape(metricsPort)
      const cpuMs = ((await subject.ask('cpu')) - before) / 1_000
      scrapes.push({ elapsedMs, cpuMs, bytes: body.byteLength })
    }
    await sleep(2_500)
    const before = await usageOf(subject)
    await sleep(restMs)
    const after = await usageOf(subject)
    const share = (from, to) => (to - from) / (10 * (after.at - before.at))
    return {
      scrapeMs: median(scrapes.slice(1).map(({ elapsedMs }) => elapsedMs)),
      cpuMs: median(scrapes.slice(1).map(({ cpuMs }) => cpuMs)),
      bytes: scrapes[0].bytes,
      primaryShare: share(before.primary, after.primary),
      workerShare: share(before.workers, after.workers) / workerCount,
      rss: await subject.ask('rss'),
    }
  } finally {
    await subject.stop()
  }
}

async function usageOf(subject) {
  const workersCpu = await subject.ask('workersCpu')
  return { at: performance.now(), primary: await subject.ask('cpu'), workers: workersCpu }
}

/** @param columns the text of a row in each column. */
function printRows(what, rows, columns) {
  print(`### Growth in ${what}`)
  print()
  printTable([
    [what, ...Object.keys(columns)],
    ...rows.map((row) => [
      row.count.toLocaleString('en'),
      ...Object.values(columns).map((textOf) => textOf(row)),
    ]),
  ])
  print()
}

function name(what, rows, figure) {
  const [first, last] = [figure(rows[0]), figure(rows.at(-1))]
  const growth = last / first
  const told = `${first.toFixed(2)} to ${last.toFixed(2)}`
  if (growth > growthThatIsNamed) print(`  grows: ${what}, ${told}, ${growth.toFixed(1)} ×`)
  else print(`  does not grow: ${what}, ${told}`)
}
