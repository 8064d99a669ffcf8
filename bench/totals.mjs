import { PageEncoder } from '../src/exposition/codings/coding.ts'
import { partsOf } from '../src/exposition/page.ts'
import { PageRenderer } from '../src/exposition/page-renderer.ts'
import { bodyOf } from '../src/model/page/body.ts'
import { whole } from '../src/model/page/in-parts.ts'
import { HistogramWorker, newAggregator } from './support/histogram-workers.mjs'
import { readOptions } from './support/options.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { spread } from './support/statistics.mjs'

/*
 * The time and the memory of the totals in the exporter thread, and the time of their page, with
 * histograms of 16 bounds.
 *
 *   npm run bench:totals -- [--rounds N] [--quick]
 *
 * Runs the sources, so that `--node` has no effect. Each round changes all histograms, then one of
 * a hundred, and then none. A first page has a new renderer, which knows no series.
 */

const options = readOptions({ rounds: 9, quickRounds: 3 })
const cases = [
  { workers: 8, series: 2_000, keepWorkerId: false },
  { workers: 8, series: 2_000, keepWorkerId: true },
  { workers: 16, series: 2_000, keepWorkerId: false },
  ...(options.quick ? [] : [{ workers: 64, series: 5_000, keepWorkerId: false }]),
]
const states = [
  { name: 'all, first page', share: 1, isFirst: true },
  { name: 'all', share: 1, isFirst: false },
  { name: '1 %', share: 0.01, isFirst: false },
  { name: 'none', share: 0, isFirst: false },
]
const steps = ['reports', 'totals', 'page', 'gzip']

printHead('Totals of histograms, and their page', { node: process.execPath, packages: [] })
printTable([
  ['workers × series', 'page, MB (gzip)', 'changed', ...steps.map((step) => `${step}, ms`)],
  ...cases.flatMap((each) => rowsOf(each)),
])
print('  medians (quartiles). Reports: all reports of one second, with the parsing of their text')
print()
printMemory()
printTail()

function rowsOf(measured) {
  const { workers, series, keepWorkerId } = measured
  const name = `${workers} × ${series}${keepWorkerId ? ', worker_id kept' : ''}`
  const { times, bytes } = timesOf(measured)
  const size = `${megabytes(bytes.page)} (${megabytes(bytes.gzip)})`
  return states.map((state, index) => [
    ...[name, size, state.name],
    ...steps.map((step) => spread(times[index][step], 2)),
  ])
}

function timesOf({ workers, series, keepWorkerId }) {
  const all = Array.from({ length: workers }, (_, index) => new HistogramWorker(index + 1, series))
  const thread = { aggregator: newAggregator(keepWorkerId), ...newPages() }
  const times = states.map(() => Object.fromEntries(steps.map((step) => [step, []])))
  let bytes
  take(thread.aggregator, textsOf(all, 1))
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const [index, state] of states.entries()) {
      const measured = measure(thread, all, state)
      bytes = measured.bytes
      // The first round warms up.
      if (round > 0) for (const step of steps) times[index][step].push(measured[step])
    }
  }
  return { times, bytes }
}

/** One second of reports, and one page. */
function measure(thread, workers, { share, isFirst }) {
  const texts = textsOf(workers, share)
  if (isFirst) Object.assign(thread, newPages())
  const { aggregator, renderer, encoder } = thread
  const [reports] = timed(() => take(aggregator, texts))
  const [totals, metrics] = timed(() => aggregator.metrics())
  const [page, parts] = timed(() => partsOf(whole(renderer.render(metrics, 'prometheus'))))
  const [gzip, body] = timed(() => whole(encoder.encode(parts, 'gzip')))
  return { reports, totals, page, gzip, bytes: { page: bodyOf(parts).bytes, gzip: body.bytes } }
}

function newPages() {
  return { renderer: new PageRenderer(), encoder: new PageEncoder() }
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1)
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

/** @returns milliseconds, and the result. */
function timed(act) {
  const began = performance.now()
  const result = act()
  return [performance.now() - began, result]
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
