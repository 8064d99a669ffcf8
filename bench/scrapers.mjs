import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail, printTarget } from './support/print.mjs'
import { median, rotate, spread } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * The cost of many scrapers for the application. 8 workers with 2,000 histogram series each answer
 * requests at a steady rate, and all series change every second. 20 scrapers request the page ten
 * times a second each, or not at all.
 *
 *   npm run bench:scrapers -- [--node PATH] [--rounds N] [--quick]
 *
 * A round has one window with scrapers, one without scrapers, and one in which the scrapers get a
 * copy of the page from a plain server, in changing order. The result of a round is the ratio of
 * two 99th percentiles. Everything runs on this machine, so the figure includes the CPU time of the
 * scrapers, which have a lower priority; the window with the plain server shows this part. The
 * clusters get PROMETHEUS_PAGE_MAX_AGE from the environment.
 */

const preload = preloadFlags()
const workers = 8
const series = 2_000
const scrapers = { count: 20, rate: 10 }
const load = { connections: 32, rate: 200 }
const workMs = 0.5
const roundsPerStart = 5
const patienceMs = 60_000

const options = readOptions({ rounds: 20, quickRounds: 4 })
const seconds = options.quick ? 4 : 6

printHead(
  `${scrapers.count} scrapers at ${scrapers.rate}/s each over ` +
    `${workers} workers × ${series} histogram series`,
  {
    node: options.node,
    packages: ['@opentelemetry/sdk-metrics'],
  },
)
const rounds = []
const client = await startSubject('support/paced-load.mjs', { node: process.execPath })
const crowd = await startSubject('support/scrapers.mjs', { node: process.execPath })
const plain = await startSubject('subjects/page-copy.mjs', { node: options.node })
try {
  while (rounds.length < options.rounds) await measureStart()
} finally {
  await client.stop()
  await crowd.stop()
  await plain.stop()
}
report()

/**
 * Several rounds per cluster: the memory layout of a process changes the figure by some percent.
 */
async function measureStart() {
  const metricsPort = await freePort()
  const subject = await startSubject('subjects/scrape-cluster.mjs', {
    node: options.node,
    args: ['otel'],
    nodeArgs: preload,
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      PROMETHEUS_PAGE_MAX_AGE: process.env.PROMETHEUS_PAGE_MAX_AGE ?? '',
    },
  })
  try {
    const port = await subject.ask('serve', { workMs })
    await subject.ask('change')
    await untilComplete(metricsPort)
    await measureWindow({ port })
    await plain.ask('copy', { port: metricsPort })
    const end = Math.min(rounds.length + roundsPerStart, options.rounds)
    while (rounds.length < end) await measureRound(subject, { port, metricsPort })
  } finally {
    await subject.stop()
  }
}

async function measureRound(subject, { port, metricsPort }) {
  const windows = {}
  const ports = { scraped: metricsPort, copied: plain.ready, quiet: undefined }
  for (const kind of rotate(Object.keys(ports), rounds.length)) {
    await sleep(500)
    if (ports[kind]) await crowd.ask('begin', { port: ports[kind], ...scrapers })
    const before = await subject.ask('cpu')
    const latency = await measureWindow({ port })
    const primary = ((await subject.ask('cpu')) - before) / (10_000 * seconds)
    const scrapes = ports[kind] ? await crowd.ask('end') : undefined
    windows[kind] = { ...latency, primary, scrapes }
  }
  rounds.push(windows)
}

async function measureWindow({ port }) {
  const result = await client.ask('measure', { port, seconds, ...load })
  if (result.answered < result.wanted)
    throw new Error(`${result.answered} of ${result.wanted} answered`)
  return result
}

/** Waits until the page shows the values of every worker. */
async function untilComplete(port) {
  const end = performance.now() + patienceMs
  const url = `http://127.0.0.1:${port}/metrics?name[]=app_work_0_seconds_count`
  while (performance.now() < end) {
    const text = await fetch(url).then(
      (response) => response.text(),
      () => '',
    )
    const first = Number(/^app_work_0_seconds_count\S* (\d+)$/m.exec(text)?.[1])
    if (first >= workers) return
    await sleep(200)
  }
  throw new Error('the page is not complete')
}

function report() {
  const of = (kind, figure) => rounds.map((round) => figure(round[kind]))
  const row = (label, figure) => [
    label,
    spread(of('scraped', figure), 2),
    spread(of('copied', figure), 2),
    spread(of('quiet', figure), 2),
  ]
  printTable([
    ['', 'scraped', 'a copy from a plain server', 'not scraped'],
    row('99th percentile of the application, ms', ({ p99 }) => p99),
    row('its median, ms', ({ p50 }) => p50),
    row('CPU of the primary, % of a core', ({ primary }) => primary),
  ])
  const scrapes = rounds.map((round) => round.scraped.scrapes)
  const failures = scrapes.flatMap((each) => each.failures)
  const middle = (figure) => median(scrapes.map(figure))
  print()
  print(
    `  scrapes: ${middle(({ perSecond }) => perSecond).toFixed(0)} a second ` +
      `of ${scrapers.count * scrapers.rate}`,
  )
  print(
    `  a scrape: median ${middle(({ p50 }) => p50).toFixed(1)} ms, ` +
      `95th percentile ${middle(({ p95 }) => p95).toFixed(1)} ms, ` +
      `${(middle(({ bytes }) => bytes) / 1e6).toFixed(2)} MB as gzip`,
  )
  if (failures.length > 0) print(`  note: failed scrapes: ${failures.join('; ')}`)
  const ratiosOf = (kind) => rounds.map((round) => round[kind].p99 / round.quiet.p99)
  const ratios = ratiosOf('scraped')
  print(`  99th percentile, scraped × not scraped, of the rounds: ${spread(ratios, 3)}`)
  print(`  the same, for the copy from a plain server: ${spread(ratiosOf('copied'), 3)}`)
  printTarget('99th percentile, scraped × not scraped', { value: median(ratios), limit: 1.05 })
  print(
    `  medians (quartiles) of ${rounds.length} rounds; ` +
      `${load.rate} requests a second with ${workMs} ms of work each`,
  )
  printTail()
}
