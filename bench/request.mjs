import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import {
  nodeVersion,
  print,
  printHead,
  printTable,
  printTail,
  printTarget,
} from './support/print.mjs'
import { median, quantile, rotate } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * CPU time per request of a server that answers 'hello', observed in several ways.
 *
 *   npm run bench:request -- [--node PATH] [--rounds N] [--quick] [--against DIR]
 *
 * The figure is the CPU time of the whole process, not its throughput. CPU time includes threads,
 * garbage collection and, under the preload, one report per second. A round sends several short
 * bursts to each variant in turn, and compares each sum with the bare server's sum of the same
 * round. The table shows medians over the rounds. The servers restart several times: the memory
 * layout of a process alone changes the figure by some percent.
 */

const options = readOptions({ rounds: 30, quickRounds: 4 })
const preload = preloadFlags()
const variants = [
  { name: 'bare', label: 'bare' },
  { name: 'channels', label: 'two idle channel subscribers' },
  { name: 'preload', label: 'preload', flags: preload },
  ...inAgainst({ name: 'preload', label: 'preload of --against' }),
  { name: 'worker', label: 'bare cluster worker' },
  { name: 'preload-worker', label: 'preload in a cluster worker', flags: preload },
  ...inAgainst({ name: 'preload-worker', label: 'preload of --against in a cluster worker' }),
  { name: 'preload-http', label: 'preload with its http', flags: preload, instrumentation: 'http' },
  {
    name: 'preload-runtime',
    label: 'preload with its runtime-node',
    flags: preload,
    instrumentation: 'runtime-node',
  },
  { name: 'instrumentation', label: 'GunicornInstrumentation' },
  { name: 'prometheus-client', label: '@prometheus-io/client' },
  { name: 'instrumentation-http', label: '@opentelemetry/instrumentation-http' },
]
const connections = 32
const roundsPerStart = 5

const burst = 5_000
const bursts = options.quick ? 2 : 8
const warmUp = options.quick ? 20_000 : 40_000

printHead('CPU time per request', {
  node: options.node,
  packages: [
    '@prometheus-io/client',
    '@opentelemetry/instrumentation-http',
    '@opentelemetry/sdk-metrics',
  ],
})
const results = new Map(variants.map(({ name }) => [name, []]))
const notes = new Set()
const load = await startSubject('support/load.mjs', { node: process.execPath })
try {
  for (let round = 0; round < options.rounds; ) {
    const servers = await startServers()
    try {
      const end = Math.min(round + roundsPerStart, options.rounds)
      for (; round < end; round += 1) await measureRound(servers, round)
      for (const server of servers) await check(server)
    } finally {
      for (const { subject, port } of servers) {
        await load.ask('close', { port })
        await subject.stop()
      }
    }
  }
} finally {
  await load.stop()
}
report()

async function startServers() {
  const servers = []
  for (const variant of variants) {
    const { label } = variant
    try {
      servers.push(await startServer(variant))
    } catch (error) {
      // This Node cannot load the library. The other variants are still measured.
      notes.add(`${label}: skipped, ${/Error: (.*)/.exec(error.message)?.[1] ?? error.message}`)
    }
  }
  return servers
}

async function startServer({ name, label, program = name, flags = [], instrumentation = '' }) {
  const metricsPort = await freePort()
  const file = program.endsWith('worker') ? 'request-worker.mjs' : 'request-server.mjs'
  const subject = await startSubject(`subjects/${file}`, {
    node: options.node,
    args: [program],
    nodeArgs: flags,
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      GUNICORN_INSTRUMENTATIONS: instrumentation,
    },
  })
  const server = { name, label, subject, metricsPort, port: subject.ready, sent: 0 }
  await load.ask('open', { port: server.port, connections })
  await send(server, warmUp)
  return server
}

async function send(server, requests) {
  await load.ask('burst', { port: server.port, requests })
  server.sent += requests
}

async function measureRound(servers, round) {
  const costs = new Map(servers.map(({ name }) => [name, 0]))
  for (let turn = 0; turn < bursts; turn += 1) {
    for (const server of rotate(servers, round + turn)) {
      const before = await server.subject.ask('cpu')
      await send(server, burst)
      const spent = (await server.subject.ask('cpu')) - before
      costs.set(server.name, costs.get(server.name) + spent / (burst * bursts))
    }
  }
  for (const [name, cost] of costs) {
    results.get(name).push({ cost, ratio: cost / costs.get('bare') })
  }
}

/** Each variant must have counted every request: an observer that counts nothing would win. */
async function check({ name, label, subject, metricsPort, sent }) {
  if (name === 'bare' || name === 'worker') return
  // The preload's next report takes up to a second.
  if (isPreloaded(name)) await sleep(1_500)
  const counted = isPreloaded(name) ? await readPage(metricsPort) : await subject.ask('counted')
  if (counted !== sent) notes.add(`${label}: counted ${counted} of ${sent} requests`)
}

/** The same variant with the build of `--against`. Empty without that option. */
function inAgainst({ name, label }) {
  const { against } = options
  if (against === undefined) return []
  return [{ name: `${name}-against`, label, program: name, flags: preloadFlags(against) }]
}

function isPreloaded(name) {
  return name.startsWith('preload')
}

async function readPage(port) {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  const page = await response.text()
  return Number(/^gunicorn_worker_requests_total\{[^}]*\} (\d+)/m.exec(page)?.[1])
}

function report() {
  const rows = variants
    .map(({ name, label }) => ({ label, values: results.get(name) }))
    .filter(({ values }) => values.length > 0)
    .map(({ label, values }) => row(label, values))
  printTable([['', 'µs per request', '× bare', 'quartiles'], ...rows])
  print()
  const major = Number.parseInt(nodeVersion(options.node), 10)
  const own = median(ratios('preload'))
  printTarget('preload, × bare', { value: own, limit: major >= 24 ? 1.03 : 1.06 })
  // Only a worker writes a crash file.
  const ofWorkers = median(
    results
      .get('preload-worker')
      .map(({ cost }, round) => cost / results.get('worker')[round].cost),
  )
  printTarget('preload in a cluster worker, × bare cluster worker', {
    value: ofWorkers,
    limit: major >= 24 ? 1.03 : 1.06,
  })
  for (const name of options.against === undefined ? [] : ['preload', 'preload-worker']) {
    const against = results.get(`${name}-against`)
    const compared = results.get(name).map(({ cost }, round) => cost / against[round].cost)
    print(
      `  ${name}, × the same of --against: ${median(compared).toFixed(3)}, quartiles ` +
        `${quantile(compared, 0.25).toFixed(3)} to ${quantile(compared, 0.75).toFixed(3)}`,
    )
  }
  const client = median(ratios('prometheus-client'))
  if (!Number.isNaN(client)) {
    printTarget('preload, × @prometheus-io/client', { value: own / client, limit: 1 })
  }
  if (major < 22)
    notes.add('@prometheus-io/client declares Node 22 and later; this is an older one')
  for (const note of notes) print(`  note: ${note}`)
  print(
    `  medians of ${options.rounds} rounds of ${bursts} × ${burst} requests ` +
      `over ${connections} connections`,
  )
  printTail()
}

function row(label, values) {
  const ratio = values.map((value) => value.ratio)
  return [
    label,
    median(values.map(({ cost }) => cost)).toFixed(2),
    median(ratio).toFixed(3),
    `${quantile(ratio, 0.25).toFixed(3)} to ${quantile(ratio, 0.75).toFixed(3)}`,
  ]
}

function ratios(name) {
  return results.get(name).map(({ ratio }) => ratio)
}
