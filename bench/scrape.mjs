import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail, printTarget } from './support/print.mjs'
import { median, quantile, rotate } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * The cost of a scrape of a large cluster: 8 workers with 2,000 histogram series of 16 buckets
 * each. All series change every second.
 *
 *   npm run bench:scrape -- [--node PATH] [--rounds N] [--quick]
 *
 * Each round starts every cluster, one after the other. The event-loop delay is measured on the
 * primary's main thread, which accepts the connections of all workers. The delay is the worst
 * lateness of a 1 ms timer in a window of about a second. Windows with one scrape alternate with
 * windows without a scrape.
 */

const preload = preloadFlags()
const systems = [
  { name: 'ours', label: 'preload', kind: 'otel', nodeArgs: preload },
  { name: 'theirs', label: '@prometheus-io/client', kind: 'prometheus-client', nodeArgs: [] },
  { name: 'none', label: 'no metrics', kind: 'otel', nodeArgs: [] },
]
const workers = 8
const series = 2_000
const windowMs = 1_000
const patienceMs = 60_000

const options = readOptions({ rounds: 3, quickRounds: 1 })
const windows = options.quick ? 4 : 12
const steadyMs = options.quick ? 3_000 : 6_000

printHead(`Scrape of ${workers} workers with ${series} histogram series each`, {
  node: options.node,
  packages: ['@prometheus-io/client', '@opentelemetry/sdk-metrics'],
})
const results = new Map(systems.map(({ name }) => [name, emptyResult()]))
const notes = new Set()
for (let round = 0; round < options.rounds; round += 1) {
  for (const system of rotate(systems, round)) await measure(system)
}
report()

function emptyResult() {
  return {
    scrapeMs: [],
    idleDelayMs: [],
    scrapedDelayMs: [],
    primaryMsPerScrape: [],
    workersMsPerScrape: [],
    primaryQuiet: [],
    workerQuiet: [],
    primaryBusy: [],
    workerBusy: [],
    page: { bytes: 0, gzipBytes: undefined },
  }
}

async function measure({ name, label, kind, nodeArgs }) {
  const metricsPort = await freePort()
  const subject = await startSubject('subjects/scrape-cluster.mjs', {
    node: options.node,
    args: [kind],
    nodeArgs,
    env: { PROMETHEUS_METRICS_PORT: String(metricsPort), PROMETHEUS_BIND_ADDRESS: '127.0.0.1' },
  })
  const result = results.get(name)
  try {
    const port = subject.ready ?? metricsPort
    if (name !== 'none') await untilComplete(port)
    await sleep(3_000)
    await measureSteady(subject, result.primaryQuiet, result.workerQuiet)
    await subject.ask('change')
    await sleep(2_500)
    await measureSteady(subject, result.primaryBusy, result.workerBusy)
    if (name !== 'none') await measureScrapes(subject, port, result)
  } catch (error) {
    notes.add(`${label}: ${error.message}`)
  } finally {
    await subject.stop()
  }
}

/** Waits until the page shows the values of every worker. */
async function untilComplete(port) {
  const end = performance.now() + patienceMs
  let found = 0
  while (performance.now() < end) {
    const { body } = await scrape(port).catch(() => ({ body: Buffer.alloc(0) }))
    found = 0
    for (const [, count] of body.toString().matchAll(/^app_work_\d_seconds_count\S* (\d+)$/gm)) {
      found += Number(count)
    }
    if (found === workers * series) return
    await sleep(200)
  }
  throw new Error(`the page counts ${found} of ${workers * series} records`)
}

/** CPU of the primary and of one worker without scrapes, percent of a core. */
async function measureSteady(subject, primary, worker) {
  const before = await cpuOf(subject)
  const began = performance.now()
  await sleep(steadyMs)
  const after = await cpuOf(subject)
  const elapsedUs = (performance.now() - began) * 1_000
  primary.push((100 * (after.primary - before.primary)) / elapsedUs)
  worker.push((100 * (after.workers - before.workers)) / workers / elapsedUs)
}

async function cpuOf(subject) {
  return { primary: await subject.ask('cpu'), workers: await subject.ask('workersCpu') }
}

async function measureScrapes(subject, port, result) {
  let lengthMs = windowMs
  for (let count = 0; count < windows; count += 1) {
    const idle = await measureWindow(subject, () => sleep(lengthMs))
    const scraped = await measureWindow(subject, async () => {
      const { body, elapsedMs } = await scrape(port)
      result.page.bytes = body.byteLength
      result.scrapeMs.push(elapsedMs)
      lengthMs = Math.max(windowMs, elapsedMs)
      await sleep(lengthMs - elapsedMs)
    })
    result.idleDelayMs.push(idle.delayMs)
    result.scrapedDelayMs.push(scraped.delayMs)
    result.primaryMsPerScrape.push(scraped.primaryMs - idle.primaryMs)
    result.workersMsPerScrape.push(scraped.workersMs - idle.workersMs)
  }
  const { body, encoding } = await scrape(port, { 'Accept-Encoding': 'gzip' })
  if (encoding === 'gzip') result.page.gzipBytes = body.byteLength
}

async function measureWindow(subject, act) {
  const before = await cpuOf(subject)
  await subject.ask('beginLateness')
  await act()
  const delayMs = await subject.ask('endLateness')
  const after = await cpuOf(subject)
  return {
    delayMs,
    primaryMs: (after.primary - before.primary) / 1_000,
    workersMs: (after.workers - before.workers) / 1_000,
  }
}

/** A scrape on a connection of its own; `elapsedMs` until the last byte. */
function scrape(port, headers = {}) {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/metrics', headers, agent: false, timeout: patienceMs },
      async (response) => {
        const body = Buffer.concat(await response.toArray())
        const elapsedMs = performance.now() - began
        if (response.statusCode !== 200) return reject(new Error(`status ${response.statusCode}`))
        resolve({ body, elapsedMs, encoding: response.headers['content-encoding'] })
      },
    )
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', reject)
  })
}

function report() {
  const [ours, theirs, none] = systems.map(({ name }) => results.get(name))
  const rows = [
    ['scrape, ms', (result) => spread(result.scrapeMs)],
    ['  its 95th percentile, ms', (result) => fixed(quantile(result.scrapeMs, 0.95))],
    ['page, MB', (result) => fixed(result.page.bytes / 1e6)],
    ['  with gzip, MB', (result) => fixed((result.page.gzipBytes ?? Number.NaN) / 1e6)],
    ['worst delay of the primary, ms', (result) => spread(result.scrapedDelayMs)],
    ['  without a scrape, ms', (result) => spread(result.idleDelayMs)],
    ['CPU per scrape: primary, ms', (result) => fixed(median(result.primaryMsPerScrape))],
    ['  all workers, ms', (result) => fixed(median(result.workersMsPerScrape))],
    ['CPU unscraped: primary, %', (result) => fixed(median(result.primaryBusy))],
    ['  a worker, %', (result) => fixed(median(result.workerBusy), 2)],
    ['  nothing changes: primary, %', (result) => fixed(median(result.primaryQuiet))],
    ['  nothing changes: a worker, %', (result) => fixed(median(result.workerQuiet), 2)],
  ]
  printTable([
    ['', ...systems.map(({ label }) => label)],
    ...rows.map(([label, cell]) => [label, cell(ours), cell(theirs), cell(none)]),
  ])
  print()
  printTarget('our primary, delay added by a scrape', {
    value: median(ours.scrapedDelayMs) - median(ours.idleDelayMs),
    limit: 10,
    unit: ' ms',
    digits: 1,
  })
  printTarget('our scrape, × theirs', {
    value: median(ours.scrapeMs) / median(theirs.scrapeMs),
    limit: 0.2,
  })
  for (const note of notes) print(`  note: ${note}`)
  print(`  medians (quartiles) of ${options.rounds} rounds with ${windows} scrapes each`)
  printTail()
}

function spread(values) {
  if (values.length === 0) return '-'
  const quartiles = [0.25, 0.75].map((rank) => fixed(quantile(values, rank)))
  return `${fixed(median(values))} (${quartiles.join(' to ')})`
}

function fixed(value, digits = 1) {
  return Number.isNaN(value) ? '-' : value.toFixed(digits)
}
