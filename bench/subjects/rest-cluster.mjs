import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { answer } from '../support/answer.mjs'
import { askWorkers, cpu, forkWorkers, tellAtSignal } from '../support/bare-workers.mjs'

/*
 * A cluster that nobody uses: rest-cluster.mjs WORKERS SERIES otel | bare. With `otel`, each worker
 * has SERIES histogram series with one value each, of the meter of the preload. A worker tells
 * its CPU time at SIGUSR2.
 */

const [workerCount, series] = process.argv.slice(2, 4).map(Number)
const hasSeries = process.argv[4] === 'otel'
const instruments = 4
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60]

if (cluster.isPrimary) lead()
else await work()

function lead() {
  answer({
    ready: () => forkWorkers(workerCount),
    async usage() {
      const primary = { at: performance.now(), all: cpu(), main: mainCpu() }
      return { ...primary, workers: await askWorkers() }
    },
  })
}

async function work() {
  if (hasSeries && series > 0) await recordOnce()
  createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  tellAtSignal(cpu)
}

async function recordOnce() {
  const { metrics } = await import('@opentelemetry/api')
  const meter = metrics.getMeter('app')
  for (let index = 0; index < instruments; index += 1) {
    const histogram = meter.createHistogram(`app_work_${index}_seconds`, {
      description: 'Work.',
      advice: { explicitBucketBoundaries: bounds },
    })
    for (let route = 0; route < series / instruments; route += 1) {
      histogram.record(0.3, { method: 'GET', route: `/resource/${route}`, status: '200' })
    }
  }
}

/** Microseconds of the main thread. Before Node 23.9, by the kernel's ticks of 10 ms. */
function mainCpu() {
  if (process.threadCpuUsage) {
    const { user, system } = process.threadCpuUsage()
    return user + system
  }
  const fields = readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  return 10_000 * (Number(fields[11]) + Number(fields[12]))
}
