import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail, printTarget } from './support/print.mjs'
import { median, spread } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * The CPU time of a cluster that nobody uses.
 *
 *   npm run bench:rest -- [--node PATH] [--rounds N] [--quick] [--against DIR] [--only WORKERS]
 *
 * The groups differ in the workers, and in the series of the application that each worker has.
 * `--only 1,2,16` leaves out the group with 64 workers, as `--quick` does. In a round, all clusters
 * of a group run at the same time, so that they share the load of the machine. A round measures for
 * 60 seconds, after a pause.
 */

const workerCounts = ['1', '2', '16', '64']
const options = readOptions({ rounds: 3, quickRounds: 1, groups: workerCounts })
const counts = options.only ?? (options.quick ? workerCounts.slice(0, -1) : workerCounts)
const clusters = [
  { name: 'bare', flags: [] },
  { name: 'preload', flags: preloadFlags() },
  ...(options.against === undefined
    ? []
    : [{ name: 'against', flags: preloadFlags(options.against) }]),
]
const groups = [
  { workers: 1, series: 0 },
  { workers: 2, series: 0 },
  { workers: 2, series: 2_000 },
  { workers: 16, series: 2_000 },
  { workers: 64, series: 2_000 },
].filter(({ workers }) => counts.includes(String(workers)))
const settleMs = 5_000
const measureMs = options.quick ? 10_000 : 60_000

printHead('CPU time at rest', { node: options.node, packages: [] })
/** What the preload adds, percent of a core, by group and cluster. */
const added = new Map()
for (let round = 0; round < options.rounds; round += 1) {
  for (const group of groups) await measureRound(group)
}
report()

async function measureRound(group) {
  const subjects = await Promise.all(clusters.map((cluster) => start(cluster, group)))
  try {
    await sleep(settleMs)
    const before = await Promise.all(subjects.map((subject) => subject.ask('usage')))
    await sleep(measureMs)
    const after = await Promise.all(subjects.map((subject) => subject.ask('usage')))
    const used = clusters.map((_, index) => shareOf(before[index], after[index]))
    for (const [index, { name }] of clusters.entries()) {
      add(`${group.workers} ${group.series} ${name}`, used[index], used[0])
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()))
  }
}

async function start({ name, flags }, { workers, series }) {
  const env = {
    PROMETHEUS_METRICS_PORT: String(await freePort()),
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
  }
  const args = [String(workers), String(series), name === 'bare' ? 'bare' : 'otel']
  return startSubject('subjects/rest-cluster.mjs', {
    node: options.node,
    nodeArgs: flags,
    args,
    env,
  })
}

/** Percent of a core: of the average worker, and of the threads of the primary. */
function shareOf(before, after) {
  const percent = (from, to) => (100 * (to - from)) / (1_000 * (after.at - before.at))
  const workers = after.workers.map((used, index) => percent(before.workers[index], used))
  const main = percent(before.main, after.main)
  return {
    worker: workers.reduce((sum, share) => sum + share, 0) / workers.length,
    main,
    thread: percent(before.all, after.all) - main,
  }
}

function add(key, used, bare) {
  const known = added.get(key) ?? { worker: [], main: [], thread: [] }
  added.set(key, known)
  for (const part of Object.keys(known)) known[part].push(used[part] - bare[part])
}

function report() {
  const names = clusters.slice(1).map(({ name }) => name)
  printTable([
    ['added, percent of a core', 'each worker', 'primary: main thread', 'primary: other threads'],
    ...groups.flatMap(({ workers, series }) =>
      names.map((name) => {
        const { worker, main, thread } = added.get(`${workers} ${series} ${name}`)
        const suffix = name === 'preload' ? '' : `, ${name}`
        const title = `${workers} workers, ${series} series each${suffix}`
        return [title, ...[worker, main, thread].map((values) => spread(values, 3))]
      }),
    ),
  ])
  print()
  const { workers, series } = groups.at(-1)
  const last = added.get(`${workers} ${series} preload`)
  printTarget('added to a worker', { value: median(last.worker), limit: 0.1, unit: ' %' })
  const primary = median(last.main) + median(last.thread)
  printTarget('added to the primary by a worker', {
    value: primary / workers,
    limit: 0.1,
    unit: ' %',
  })
  print(`  medians (quartiles) of ${options.rounds} rounds of ${measureMs / 1_000} s`)
  printTail()
}
