import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { median, quantile, rotate } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * What a watchdog costs in a cluster worker: GUNICORN_HANG_STACKS=5 against 0.
 *
 *   npm run bench:hang-stacks -- [--node PATH] [--rounds N] [--quick]
 *
 * A round starts a worker without and a worker with a watchdog, both under the preload. The workers
 * take their turns: bursts of requests, then a rest. The table shows the CPU time of the worker's
 * process per request, as a multiple of the worker without a watchdog, the CPU time at rest as a
 * part of one core, and the resident memory before the first request and after the load.
 */

const options = readOptions({ rounds: 12, quickRounds: 2 })
const flags = preloadFlags()
const variants = [
  { name: 'off', seconds: '0' },
  { name: 'on', seconds: '5' },
]
const connections = 16
const burst = 5_000
const bursts = options.quick ? 2 : 6
const restMs = options.quick ? 2_000 : 10_000
const settleMs = 2_000

printHead('Watchdog of a worker', { node: options.node, packages: [] })
const results = new Map(variants.map(({ name }) => [name, []]))
const load = await startSubject('support/load.mjs', { node: process.execPath })
try {
  for (let round = 0; round < options.rounds; round += 1) await measureRound(round)
} finally {
  await load.stop()
}
report()

async function measureRound(round) {
  const workers = []
  try {
    for (const variant of rotate(variants, round)) workers.push(await startWorker(variant))
    await sleep(settleMs)
    for (const worker of workers) worker.rssBefore = await worker.subject.ask('rss')
    for (const worker of workers) await send(worker, 4 * burst)
    for (let turn = 0; turn < bursts; turn += 1) {
      for (const worker of rotate(workers, turn)) await measureBurst(worker)
    }
    // Both rest at the same time: other programs disturb both alike.
    await Promise.all(workers.map(measureRest))
    for (const worker of workers) worker.rssAfter = await worker.subject.ask('rss')
  } finally {
    for (const { subject, port } of workers) {
      await load.ask('close', { port })
      await subject.stop()
    }
  }
  for (const { name, cost, atRest, rssBefore, rssAfter } of workers) {
    results.get(name).push({ cost: cost / (burst * bursts), atRest, rssBefore, rssAfter })
  }
}

async function startWorker({ name, seconds }) {
  const subject = await startSubject('subjects/request-worker.mjs', {
    node: options.node,
    args: ['preload-worker'],
    nodeArgs: flags,
    env: {
      PROMETHEUS_METRICS_PORT: String(await freePort()),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      GUNICORN_HANG_STACKS: seconds,
    },
  })
  await load.ask('open', { port: subject.ready, connections })
  return { name, subject, port: subject.ready, cost: 0 }
}

async function send({ port }, requests) {
  await load.ask('burst', { port, requests })
}

async function measureBurst(worker) {
  const before = await worker.subject.ask('cpu')
  await send(worker, burst)
  worker.cost += (await worker.subject.ask('cpu')) - before
}

async function measureRest(worker) {
  const [before, began] = [await worker.subject.ask('cpu'), performance.now()]
  await sleep(restMs)
  const spentMs = ((await worker.subject.ask('cpu')) - before) / 1_000
  worker.atRest = spentMs / (performance.now() - began)
}

function report() {
  const off = results.get('off')
  const rows = [['', 'request', 'quartiles', 'at rest', 'memory', 'after load']]
  for (const [name, measured] of results) {
    const ratios = measured.map(({ cost }, round) => cost / off[round].cost)
    const of = (key) => measured.map(({ [key]: value }) => value)
    rows.push([
      `GUNICORN_HANG_STACKS ${name}`,
      median(ratios).toFixed(3),
      `${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)}`,
      `${(100 * median(of('atRest'))).toFixed(3)} %`,
      `${(median(of('rssBefore')) / 2 ** 20).toFixed(1)} MiB`,
      `${(median(of('rssAfter')) / 2 ** 20).toFixed(1)} MiB`,
    ])
  }
  printTable(rows)
  print(`  rounds: ${options.rounds}`)
  printTail()
}
