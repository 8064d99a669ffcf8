import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail, printTarget } from './support/print.mjs'
import { median, spread } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * What open live pages cost the application. A process under the preload answers requests at a
 * steady rate. 50 pages poll its endpoint, or no page does.
 *
 *   npm run bench:live -- [--node PATH] [--rounds N] [--quick]
 *
 * A round has four windows, in changing order: with and without pages, while the event loop runs
 * freely, and while it stands still for 300 ms of each second. The result of a round is the ratio
 * of the 99th percentiles, and of the CPU time of the main thread per request. Everything runs on
 * this machine, so the figures include the CPU time of the pages, which have a lower priority.
 */

const pages = 50
const blockMs = 300
const load = { connections: 16, rate: 300 }
const options = readOptions({ rounds: 12, quickRounds: 2 })
const seconds = options.quick ? 4 : 8

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
  await measureWindow({ isBlocked: false, isWatched: true })
  while (rounds.length < options.rounds) rounds.push(await measureRound())
  await report()
} finally {
  for (const each of [subject, client, browsers]) await each.stop()
}

async function measureRound() {
  const round = {}
  const isFirst = rounds.length % 2 === 0
  for (const [name, isBlocked] of [
    ['free', false],
    ['blocked', true],
  ]) {
    const watched = isFirst && (await measureWindow({ isBlocked, isWatched: true }))
    const quiet = await measureWindow({ isBlocked, isWatched: false })
    round[name] = {
      quiet,
      watched: watched || (await measureWindow({ isBlocked, isWatched: true })),
    }
  }
  return round
}

async function measureWindow({ isBlocked, isWatched }) {
  await subject.ask('block', isBlocked ? blockMs : 0)
  if (isWatched) await browsers.ask('begin', { port: metricsPort, count: pages })
  await sleep(1_000)
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
    const of = (kind, figure) => rounds.map((round) => figure(round[name][kind]))
    const row = (label, figure, digits) => [
      label,
      spread(of('watched', figure), digits),
      spread(of('quiet', figure), digits),
      median(
        rounds.map((round) => figure(round[name].watched) / figure(round[name].quiet)),
      ).toFixed(3),
    ]
    printTable([
      [title, `${pages} pages`, 'no page', 'ratio'],
      row('99th percentile of the application, ms', ({ p99 }) => p99, 2),
      row('its median, ms', ({ p50 }) => p50, 2),
      row('CPU of the main thread per request, µs', ({ thread }) => thread, 1),
      row('CPU of the whole process per request, µs', ({ cpu }) => cpu, 1),
    ])
    const polls = rounds.map((round) => round[name].watched.polls)
    const middle = (figure) => median(polls.map(figure))
    print(
      `  documents: ${middle(({ perSecond }) => perSecond).toFixed(0)} a second, ` +
        `median ${middle(({ p50 }) => p50).toFixed(1)} ms, ` +
        `95th percentile ${middle(({ p95 }) => p95).toFixed(1)} ms`,
    )
    const failures = polls.flatMap((each) => each.failures)
    if (failures.length > 0) print(`  note: failed requests: ${failures.slice(0, 3).join('; ')}`)
    const ratios = rounds.map((round) => round[name].watched.p99 / round[name].quiet.p99)
    print(`  ratios of the rounds: ${spread(ratios, 3)}`)
    printTarget('99th percentile, 50 pages × no page', { value: median(ratios), limit: 1.05 })
  }
  const rss = await subject.ask('rss')
  print(
    `  memory of the process: ${mebibytes(rssBefore)} at the start, ${mebibytes(rss)} at the end`,
  )
  print(`  medians (quartiles) of ${rounds.length} rounds; ${load.rate} requests a second`)
  printTail()
}

function mebibytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
