import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { print, printHead, printTail } from './support/print.mjs'
import { printGroup, printTargets } from './support/request-report.mjs'
import { groupNames, variantsOf } from './support/request-variants.mjs'
import { rotate } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * CPU time per request of servers that answer 'hello', observed in several ways.
 *
 *   npm run bench:request -- [--node PATH] [--rounds N] [--quick] [--against DIR] [--only GROUPS]
 *
 * The groups are node, worker, express, fastify and otel. Without `--only`, all but otel run.
 *
 * The figure is the CPU time of the whole process, not its throughput. CPU time includes threads,
 * garbage collection and, under the preload, one report per second. A round sends several short
 * bursts to each variant in turn, and compares each sum with the bare server's sum of the same
 * group and round. The tables show medians over the rounds. The servers restart several times: the
 * memory layout of a process alone changes the figure by some percent.
 */

const options = readOptions({ rounds: 20, quickRounds: 4, groups: groupNames })
const groups = options.only ?? groupNames.filter((name) => name !== 'otel')
const variants = variantsOf(groups, options.against)
const all = [...variants.values()].flat()
const connections = 32
const roundsPerStart = 5

const burst = 4_000
const bursts = options.quick ? 2 : 5
const warmUp = 40_000

printHead('CPU time per request', {
  node: options.node,
  packages: [
    'express',
    '@prometheus-io/client',
    '@opentelemetry/instrumentation-http',
    '@opentelemetry/sdk-metrics',
  ],
})
/** Costs in µs by variant and round. */
const costs = new Map(all.map(({ name }) => [name, []]))
const notes = new Set()
const load = await startSubject('support/load.mjs', { node: process.execPath })
const began = performance.now()
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
  for (const variant of all) {
    try {
      servers.push(await startServer(variant))
    } catch (error) {
      // This Node cannot load the library. The other variants are still measured.
      const reason = /Error: (.*)/.exec(error.message)?.[1] ?? error.message
      notes.add(`${variant.name}: skipped, ${reason}`)
    }
  }
  return servers
}

async function startServer({ name, file, args, path, flags = [], env = {}, counts }) {
  const metricsPort = await freePort()
  const subject = await startSubject(file, {
    node: options.node,
    args,
    nodeArgs: flags,
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      ...env,
    },
  })
  const server = { name, counts, subject, metricsPort, port: subject.ready, sent: 0 }
  await load.ask('open', { port: server.port, connections, path })
  await send(server, warmUp)
  return server
}

async function send(server, requests) {
  await load.ask('burst', { port: server.port, requests })
  server.sent += requests
}

async function measureRound(servers, round) {
  const spent = new Map(servers.map(({ name }) => [name, 0]))
  for (let turn = 0; turn < bursts; turn += 1) {
    for (const server of rotate(servers, round + turn)) {
      const before = await server.subject.ask('cpu')
      await send(server, burst)
      const after = await server.subject.ask('cpu')
      spent.set(server.name, spent.get(server.name) + after - before)
    }
  }
  for (const [name, microseconds] of spent) costs.get(name).push(microseconds / (burst * bursts))
}

/** Each variant must have counted every request: an observer that counts nothing would win. */
async function check({ name, counts, subject, metricsPort, sent }) {
  if (counts === undefined) return
  // The preload's next report takes up to a second.
  if (counts === 'page') await sleep(1_500)
  const counted = counts === 'page' ? await readPage(metricsPort) : [await subject.ask('counted')]
  if (counted.some((count) => count !== sent)) {
    notes.add(`${name}: counted ${counted.join(' and ')} of ${sent} requests`)
  }
}

/** Requests by worker, and by route. */
async function readPage(port) {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  const page = await response.text()
  return ['gunicorn_worker_requests_total', 'http_server_request_duration_seconds_count'].map(
    (name) => Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, 'm').exec(page)?.[1]),
  )
}

function report() {
  for (const group of variants.values()) printGroup(group, costs)
  printTargets({ variants, costs, node: options.node })
  for (const note of notes) print(`  note: ${note}`)
  const seconds = (performance.now() - began) / 1_000
  print(
    `  medians of ${options.rounds} rounds of ${bursts} × ${burst} requests ` +
      `over ${connections} connections, in ${seconds.toFixed(0)} s`,
  )
  printTail()
}
