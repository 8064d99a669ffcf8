import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail, printTarget } from './support/print.mjs'
import { median, spread } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * The CPU time of a cluster that nobody uses.
 *
 *   npm run bench:rest -- [--node PATH] [--rounds N] [--quick] [--against DIR]
 *
 * Each cluster is a server with two workers. In a round, all clusters run at the same time, so that
 * they share the load of the machine. A round measures for 60 seconds, after a pause.
 */

const options = readOptions({ rounds: 3, quickRounds: 1 })
const clusters = [
  { name: 'bare', flags: [] },
  { name: 'preload', flags: preloadFlags() },
  ...(options.against === undefined
    ? []
    : [{ name: 'against', flags: preloadFlags(options.against) }]),
]
const settleMs = 5_000
const measureMs = options.quick ? 10_000 : 60_000

printHead('CPU time at rest', { node: options.node, packages: [] })
const shares = new Map(clusters.map(({ name }) => [name, { worker: [], primary: [] }]))
for (let round = 0; round < options.rounds; round += 1) await measureRound()
report()

async function measureRound() {
  const subjects = await Promise.all(clusters.map(start))
  try {
    await sleep(settleMs)
    const before = await Promise.all(subjects.map(usage))
    await sleep(measureMs)
    const after = await Promise.all(subjects.map(usage))
    for (const [index, { name }] of clusters.entries()) add(name, before[index], after[index])
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()))
  }
}

async function start({ flags }) {
  const env = {
    PROMETHEUS_METRICS_PORT: String(await freePort()),
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
  }
  return startSubject('subjects/start-cluster.mjs', { node: options.node, nodeArgs: flags, env })
}

async function usage(subject) {
  const { primary, workers } = await subject.ask('usage')
  return { at: performance.now(), primary, workers }
}

function add(name, before, after) {
  const elapsedUs = 1_000 * (after.at - before.at)
  const share = (from, to) => (100 * (to - from)) / elapsedUs
  const { worker, primary } = shares.get(name)
  worker.push(...after.workers.map((used, index) => share(before.workers[index], used)))
  primary.push(share(before.primary, after.primary))
}

function report() {
  printTable([
    ['percent of a core', ...clusters.map(({ name }) => name)],
    ...['worker', 'primary'].map((part) => [
      part,
      ...clusters.map(({ name }) => spread(shares.get(name)[part], 3)),
    ]),
  ])
  print()
  const value = difference('preload', 'worker')
  printTarget('added to a worker', { value, limit: 0.3, unit: ' %' })
  if (options.against !== undefined) {
    print(`    by --against: ${difference('against', 'worker').toFixed(3)} %`)
  }
  print(`  medians (quartiles) of ${options.rounds} rounds of ${measureMs / 1_000} s`)
  printTail()
}

function difference(name, part) {
  return median(shares.get(name)[part]) - median(shares.get('bare')[part])
}
