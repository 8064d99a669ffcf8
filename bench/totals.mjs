import { HistogramWorker, newAggregator } from './support/histogram-workers.mjs'
import { readOptions } from './support/options.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { spread } from './support/statistics.mjs'

/*
 * The time and the memory of the totals in the exporter thread, with histograms of 16 bounds.
 *
 *   npm run bench:totals -- [--rounds N] [--quick]
 *
 * Runs the sources, so that `--node` has no effect. Each round changes all histograms, then one of
 * a hundred, and then none.
 */

const options = readOptions({ rounds: 9, quickRounds: 3 })
const cases = [
  { workers: 8, series: 2_000, keepWorkerId: false },
  { workers: 8, series: 2_000, keepWorkerId: true },
  { workers: 16, series: 2_000, keepWorkerId: false },
  ...(options.quick ? [] : [{ workers: 64, series: 5_000, keepWorkerId: false }]),
]
const shares = [1, 0.01, 0]

printHead('Totals of histograms', { node: process.execPath, packages: [] })
printTable([
  ['workers × series', 'changed', 'reports, ms', 'totals, ms'],
  ...cases.flatMap((each) => timesOf(each)),
])
print('  medians (quartiles). Reports: all reports of one second, with the parsing of their text')
print()
printMemory()
printTail()

function timesOf({ workers, series, keepWorkerId }) {
  const aggregator = newAggregator(keepWorkerId)
  const all = Array.from({ length: workers }, (_, index) => new HistogramWorker(index + 1, series))
  const times = shares.map(() => ({ reports: [], totals: [] }))
  take(aggregator, textsOf(all, 1))
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const [index, share] of shares.entries()) {
      const texts = textsOf(all, share)
      const reports = elapsedMs(() => take(aggregator, texts))
      const totals = elapsedMs(() => aggregator.metrics())
      // The first round warms up.
      if (round === 0) continue
      times[index].reports.push(reports)
      times[index].totals.push(totals)
    }
  }
  return times.map(({ reports, totals }, index) => [
    `${workers} × ${series}${keepWorkerId ? ', worker_id kept' : ''}`,
    `${100 * shares[index]} %`,
    spread(reports, 1),
    spread(totals, 2),
  ])
}

function textsOf(workers, share) {
  return workers.map((worker) => [worker.forkNumber, worker.report(share)])
}

function take(aggregator, texts) {
  for (const [forkNumber, text] of texts) {
    const result = aggregator.report(forkNumber, text)
    if (result !== 'accepted') throw new Error(`a report is ${result}`)
  }
}

function elapsedMs(act) {
  const began = performance.now()
  act()
  return performance.now() - began
}

function printMemory() {
  const series = 10_000
  const [own, share] = [true, false].map((keepWorkerId) => bytesOfWorkers(series, keepWorkerId))
  print(`  memory of a series of one worker: ${own.toFixed(0)} B with its labels`)
  print(`  of the share of a further worker: ${share.toFixed(0)} B`)
  const aggregator = newAggregator(false)
  const reloads = options.quick ? 100 : 1_000
  const sizes = [0, 1, 2].map((part) => {
    for (let count = 0; count < reloads; count += 1)
      replaceWorker(aggregator, 1 + part * reloads + count)
    return heldBytes()
  })
  const grown = (sizes[2] - sizes[1]) / 1_024
  print(`  growth over ${reloads} replaced workers of 200 series each: ${grown.toFixed(0)} KiB`)
}

/** Bytes that each further worker adds, for each of its series. */
function bytesOfWorkers(series, keepWorkerId) {
  const aggregator = newAggregator(keepWorkerId)
  // The first workers bring the series of the totals, compiled code and larger arrays.
  for (const forkNumber of [1, 2, 3, 4]) takeWorker(aggregator, forkNumber, series)
  const before = heldBytes()
  for (const forkNumber of [5, 6, 7, 8]) takeWorker(aggregator, forkNumber, series)
  return (heldBytes() - before) / 4 / series
}

/** The worker itself is no longer in memory when this function returns. */
function takeWorker(aggregator, forkNumber, series) {
  const worker = new HistogramWorker(forkNumber, series)
  take(aggregator, [[forkNumber, worker.report(1)]])
  aggregator.metrics()
}

function replaceWorker(aggregator, forkNumber) {
  takeWorker(aggregator, forkNumber, 200)
  aggregator.retire(forkNumber, true)
  aggregator.forget(forkNumber)
}

function heldBytes() {
  for (let time = 0; time < 3; time += 1) globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
