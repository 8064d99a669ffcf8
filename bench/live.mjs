import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail, printTarget } from './support/print.mjs'
import { median, spread } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * What open live pages cost the application. A process under the preload answers requests at a
 * steady, low rate. 50 pages poll its endpoint, or no page does.
 *
 *   npm run bench:live -- [--node PATH] [--rounds N] [--quick]
 *
 * A round has three short windows: without pages, with pages, and without pages again. The ratio
 * "pages" compares the window with pages with the mean of its two neighbors. The ratio "noise"
 * compares the two neighbors, which differ in nothing but the time: a difference that the ratio
 * "noise" has, too, says nothing about pages. The results are medians over the rounds, so that a
 * burst of other work in one window counts once. Rounds alternate between an event loop that runs
 * freely and an event loop that stands still for 300 ms of each second.
 */

const pages = 50
const blockMs = 300
const load = { connections: 8, rate: 100 }
const options = readOptions({ rounds: 30, quickRounds: 2 })
const seconds = 3
const settleMs = 700

printHead(`${pages} open live pages`, { node: options.node, packages: [] })
const rounds = []
const client = await startSubject('support/paced-load.mjs', { node: process.execPath })
const browsers = await startSubject('support/live-pages.mjs', { node: process.execPath })
const metricsPort = await freePort()
const subject = await startSubject('subjects/live-server.mjs', {
  node: options.node,
  nodeArgs: preloadFlags(),
  env: { PROMETHEUS_METRICS_PORT: String(metricsPort), PROMETHEUS_BIND_ADDRESS: '127.0.0.1' },
})
const rssBefore = await subject.ask('rss')
try {
  await measureWindow({ isWatched: true })
  while (rounds.length < options.rounds) {
    rounds.push({ free: await measureRound(0), blocked: await measureRound(blockMs) })
  }
  await report()
} finally {
  for (const each of [subject, client, browsers]) await each.stop()
}

async function measureRound(blockedMs) {
  await subject.ask('block', blockedMs)
  const before = await measureWindow({ isWatched: false })
  const watched = await measureWindow({ isWatched: true })
  return { before, watched, after: await measureWindow({ isWatched: false }) }
}

async function measureWindow({ isWatched }) {
  if (isWatched) await browsers.ask('begin', { port: metricsPort, count: pages })
  await sleep(settleMs)
  const [cpu, threadCpu] = [await subject.ask('cpu'), await subject.ask('threadCpu')]
  const { p50, p99, answered } = await client.ask('measure', {
    port: subject.ready,
    seconds,
    ...load,
  })
  const spent = (await subject.ask('cpu')) - cpu
  const thread = ((await subject.ask('threadCpu')) ?? Number.NaN) - (threadCpu ?? Number.NaN)
  const polls = isWatched ? await browsers.ask('end') : undefined
  return { p50, p99, cpu: spent / answered, thread: thread / answered, polls }
}

async function report() {
  for (const [name, title] of [
    ['free', 'the event loop runs freely'],
    ['blocked', `the event loop stands still for ${blockMs} ms of each second`],
  ]) {
    reportMode(
      title,
      rounds.map((round) => round[name]),
    )
  }
  const rss = await subject.ask('rss')
  print(
    `  memory of the process: ${mebibytes(rssBefore)} at the start, ${mebibytes(rss)} at the end`,
  )
  print(`  medians (quartiles) of ${rounds.length} rounds; ${load.rate} requests a second`)
  printTail()
}

function reportMode(title, measured) {
  const ratios = (figure) => ({
    pages: measured.map(
      ({ before, watched, after }) => (2 * figure(watched)) / (figure(before) + figure(after)),
    ),
    noise: measured.map(({ before, after }) => figure(after) / figure(before)),
  })
  const row = (label, figure, digits) => [
    label,
    median(measured.map(({ watched }) => figure(watched))).toFixed(digits),
    median(measured.flatMap(({ before, after }) => [figure(before), figure(after)])).toFixed(
      digits,
    ),
    spread(ratios(figure).pages, 3),
    spread(ratios(figure).noise, 3),
  ]
  printTable([
    [title, `${pages} pages`, 'no page', 'ratio: pages', 'ratio: noise'],
    row('99th percentile of the application, ms', ({ p99 }) => p99, 2),
    row('its median, ms', ({ p50 }) => p50, 2),
    row('CPU of the main thread per request, µs', ({ thread }) => thread, 1),
    row('CPU of the whole process per request, µs', ({ cpu }) => cpu, 1),
  ])
  reportPolls(measured.map(({ watched }) => watched.polls))
  printTarget('CPU of the main thread, 50 pages × no page', {
    value: median(ratios(({ thread }) => thread).pages),
    limit: 1.05,
  })
  printTarget('99th percentile, 50 pages × no page', {
    value: median(ratios(({ p99 }) => p99).pages),
    limit: 1.05,
  })
}

function reportPolls(polls) {
  const middle = (figure) => median(polls.map(figure))
  print(
    `  documents: ${middle(({ perSecond }) => perSecond).toFixed(0)} a second, ` +
      `median ${middle(({ p50 }) => p50).toFixed(1)} ms, ` +
      `95th percentile ${middle(({ p95 }) => p95).toFixed(1)} ms`,
  )
  const failures = polls.flatMap((each) => each.failures)
  if (failures.length > 0) print(`  note: failed requests: ${failures.slice(0, 3).join('; ')}`)
}

function mebibytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
