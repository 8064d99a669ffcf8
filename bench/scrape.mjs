import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail, printTarget } from './support/print.mjs'
import { scrape, untilCounted } from './support/scrape.mjs'
import { median, spread } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * The cost of a scrape of a large cluster with histogram series of 16 buckets each.
 *
 *   npm run bench:scrape -- [--node PATH] [--rounds N] [--quick] [--only SIZES]
 *
 * A round starts each cluster, one after the other. A window with one scrape follows a window
 * without a scrape. All series change every second, or, in the largest cluster, once before each
 * scrape: this machine has two processors for its 64 workers. The delay of the event loop is
 * measured on the primary's main thread, which accepts the connections of all workers: the worst
 * lateness of a 1 ms timer in a window. At last, scrapes follow each other while nothing changes.
 */

const preload = preloadFlags()
const merged = { label: 'preload', kind: 'otel', flags: preload }
const kept = {
  label: 'preload, `worker_id` kept',
  kind: 'otel',
  flags: preload,
  env: { GUNICORN_KEEP_WORKER_ID: 'true' },
}
const client = { label: '`@prometheus-io/client`', kind: 'prometheus-client' }
const clientKept = {
  label: '`@prometheus-io/client`, with the worker as a label',
  kind: 'prometheus-client',
  args: ['kept'],
}
const bare = { label: 'no metrics', kind: 'otel', isBare: true }

const sizes = {
  '8x2000': { workers: 8, series: 2_000, systems: [merged, client, kept, clientKept, bare] },
  '16x2000': { workers: 16, series: 2_000, systems: [merged, client, kept, clientKept] },
  // The client's workers need minutes for a page of this size, and block each other.
  '64x5000': { workers: 64, series: 5_000, systems: [merged], isAsked: true },
}
const windowMs = 1_000
/** Until all reports of a change have arrived. */
const settleMs = 6_000

const options = readOptions({ rounds: 1, quickRounds: 1, groups: Object.keys(sizes) })
const windows = options.quick ? 2 : 6
const steadyMs = options.quick ? 1_000 : 3_000

printHead('Scrape', {
  node: options.node,
  packages: ['@prometheus-io/client', '@opentelemetry/sdk-metrics'],
})
for (const name of options.only ?? Object.keys(sizes)) await measureSize(sizes[name])
printTail()

async function measureSize(size) {
  const began = performance.now()
  const results = new Map(size.systems.map(({ label }) => [label, newResult()]))
  const notes = new Set()
  for (let round = 0; round < options.rounds; round += 1) {
    for (const system of size.systems) {
      const result = results.get(system.label)
      await measure(size, system, result).catch((error) => {
        notes.add(`${system.label}: ${error.message.split('\n')[0]}`)
      })
    }
  }
  report(size, results, { notes, began })
}

function newResult() {
  return {
    first: [],
    changed: [],
    changedFirst: [],
    unchanged: [],
    idleDelay: [],
    addedDelay: [],
    primaryPerScrape: [],
    workersPerScrape: [],
    primaryShare: [],
    workerShare: [],
    primaryRss: [],
    megabytes: [],
  }
}

async function measure(size, system, result) {
  const { workers, series } = size
  const metricsPort = await freePort()
  const subject = await startSubject('subjects/scrape-cluster.mjs', {
    node: options.node,
    args: [system.kind, String(workers), String(series), ...(system.args ?? [])],
    nodeArgs: system.flags,
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      ...system.env,
    },
  })
  try {
    const port = subject.ready ?? metricsPort
    if (system.isBare) return await measureBare(subject, size, result)
    result.first.push((await untilCounted(port, workers * series)).elapsedMs)
    if (!size.isAsked) await subject.ask('change')
    await sleep(2_500)
    await measureSteady(subject, size, result)
    await measureScrapes({ subject, port, size, result })
    result.primaryRss.push((await subject.ask('rss')) / 1e6)
  } finally {
    await subject.stop()
  }
}

async function measureBare(subject, size, result) {
  await subject.ask('change')
  await sleep(2_500)
  await measureSteady(subject, size, result)
  result.idleDelay.push((await measureWindow(subject, () => sleep(windowMs))).delayMs)
  result.primaryRss.push((await subject.ask('rss')) / 1e6)
}

/** CPU of the primary and of one worker without scrapes, percent of a core. */
async function measureSteady(subject, { workers }, result) {
  const before = await cpuOf(subject)
  const began = performance.now()
  await sleep(steadyMs)
  const after = await cpuOf(subject)
  const elapsedUs = (performance.now() - began) * 1_000
  result.primaryShare.push((100 * (after.primary - before.primary)) / elapsedUs)
  result.workerShare.push((100 * (after.workers - before.workers)) / workers / elapsedUs)
}

async function cpuOf(subject) {
  return { primary: await subject.ask('cpu'), workers: await subject.ask('workersCpu') }
}

async function measureScrapes({ subject, port, size, result }) {
  let lengthMs = windowMs
  for (let count = 0; count < windows; count += 1) {
    if (size.isAsked) {
      await subject.ask('record')
      await sleep(settleMs)
    }
    const idle = await measureWindow(subject, () => sleep(lengthMs))
    const scraped = await measureWindow(subject, async () => {
      const { body, firstMs, elapsedMs } = await scrape(port)
      result.megabytes.push(body.byteLength / 1e6)
      result.changed.push(elapsedMs)
      result.changedFirst.push(firstMs)
      lengthMs = Math.max(windowMs, elapsedMs)
      await sleep(lengthMs - elapsedMs)
    })
    result.idleDelay.push(idle.delayMs)
    result.addedDelay.push(scraped.delayMs - idle.delayMs)
    result.primaryPerScrape.push(scraped.primaryMs - idle.primaryMs)
    result.workersPerScrape.push(scraped.workersMs - idle.workersMs)
  }
  if (!size.isAsked) await subject.ask('rest')
  for (let count = 0; count <= windows; count += 1) {
    // Longer than a report takes, and than the age of a page.
    await sleep(count === 0 ? 2_500 : 1_200)
    const { elapsedMs } = await scrape(port)
    if (count > 0) result.unchanged.push(elapsedMs)
  }
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

function report({ workers, series, systems, isAsked }, results, { notes, began }) {
  print(`### ${workers} workers with ${series.toLocaleString('en')} histogram series each`)
  print()
  const row = (label, figure, digits = 1) => [
    label,
    ...systems.map((system) => shown(results.get(system.label)[figure], digits)),
  ]
  printTable([
    ['', ...systems.map(({ label }) => label)],
    row('the first scrape of the process, ms', 'first'),
    row('a scrape after all series changed, ms', 'changed'),
    row('of it until the first byte, ms', 'changedFirst'),
    row('a scrape after nothing changed, ms', 'unchanged'),
    row('page, MB', 'megabytes'),
    row("worst delay of the primary's event loop without a scrape, ms", 'idleDelay'),
    row('added to it by a scrape, ms', 'addedDelay'),
    row('CPU for a scrape: primary, ms', 'primaryPerScrape'),
    row('CPU for a scrape: all workers, ms', 'workersPerScrape'),
    row('CPU without scrapes: primary, % of a core', 'primaryShare'),
    row('CPU without scrapes: a worker, % of a core', 'workerShare', 2),
    row('memory of the primary, MB', 'primaryRss', 0),
  ])
  print()
  printTargets(systems, results, isAsked)
  for (const note of notes) print(`  note: ${note}`)
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  print(`  medians (quartiles) of ${options.rounds * windows} scrapes each, ${seconds} s`)
  print()
}

/** One value has no quartiles. */
function shown(values, digits) {
  return values.length === 1 ? values[0].toFixed(digits) : spread(values, digits)
}

function printTargets(systems, results, isLargest) {
  const middle = (system, figure) => median(results.get(system.label)[figure])
  const unit = ' ms'
  printTarget('delay that a scrape adds to the primary', {
    value: middle(merged, 'addedDelay'),
    limit: 2,
    unit,
    digits: 1,
  })
  if (isLargest) {
    const value = middle(merged, 'changed')
    printTarget('a scrape after all series changed', { value, limit: 50, unit, digits: 1 })
  }
  for (const [own, peer] of [
    [merged, client],
    [kept, clientKept],
  ]) {
    if (!systems.includes(peer)) continue
    const value = middle(peer, 'changed') / middle(own, 'changed')
    if (!Number.isNaN(value)) print(`  ${own.label}: ${value.toFixed(1)} × faster than the client`)
  }
}
