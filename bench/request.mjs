import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { nodeVersion, print, printHead, printTail } from './support/print.mjs'
import { installedPeers } from './support/request/peers.mjs'
import { printCosts, printTargets } from './support/request/report.mjs'
import { tableNames, tableOf, usualTables } from './support/request/tables.mjs'
import { rotate } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * CPU time per request of servers that are observed in several ways.
 *
 *   npm run bench:request -- [--node PATH] [--rounds N] [--quick] [--against DIR] [--only TABLES]
 *
 * bench/support/request/tables.mjs has the tables: worker, single, fresh, work, http2, express,
 * fastify and otel. Without `--only`, all but otel run.
 *
 * The figure is the CPU time of the whole process, not its throughput. CPU time includes threads,
 * garbage collection and, under the preload, reports. A round sends short bursts over each number
 * of connections to each subject in turn, in changing order. Each sum is compared with the mean of
 * the two bare servers in the same round. The servers restart several times: the memory layout of a
 * process alone changes the figure by some percent. The two bare servers show this noise.
 */

const options = readOptions({ rounds: 20, quickRounds: 4, groups: tableNames })
const major = Number.parseInt(nodeVersion(options.node), 10)
const peers = installedPeers(major)
const roundsPerStart = 4
const burstsPerRound = options.quick ? 1 : 4
/** In bursts of each number of connections. */
const warmUps = options.quick ? 2 : 5
const limit = major >= 22 ? 1.03 : 1.06

printHead('CPU time per request', {
  node: options.node,
  packages: Object.entries(peers.versions).map(([name, version]) => `${name}@${version}`),
})
const load = await startSubject('support/load.mjs', { node: process.execPath })
try {
  for (const name of options.only ?? usualTables) {
    await measureTable(tableOf(name, { peers: peers.directory, against: options.against }))
  }
} finally {
  await load.stop()
}
printTail()

async function measureTable(table) {
  const began = performance.now()
  const counts = Object.keys(table.bursts)
  const costs = new Map(
    table.subjects.map(({ label }) => [label, new Map(counts.map((count) => [count, []]))]),
  )
  const notes = new Set()
  for (let round = 0; round < options.rounds; ) {
    const servers = await startServers(table, notes)
    try {
      const end = Math.min(round + roundsPerStart, options.rounds)
      for (; round < end; round += 1) await measureRound({ table, servers, costs }, round)
      for (const server of servers) await check(server, notes)
    } finally {
      for (const { subject, port } of servers) {
        await load.ask('close', { port })
        await subject.stop()
      }
    }
  }
  report({ table, costs, notes, began })
}

async function startServers(table, notes) {
  const servers = []
  for (const subject of table.subjects) {
    try {
      servers.push(await startServer(table, subject))
    } catch (error) {
      // This Node cannot load the library. The other subjects are still measured.
      const reason = /Error: (.*)/.exec(error.message)?.[1] ?? error.message
      notes.add(`${subject.label}: skipped, ${reason}`)
    }
  }
  return servers
}

async function startServer({ kind, paths, bursts }, { label, file, args, ...subject }) {
  const metricsPort = await freePort()
  const started = await startSubject(file, {
    node: options.node,
    args,
    nodeArgs: subject.flags,
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      ...subject.env,
    },
  })
  const server = { label, counts: subject.counts, subject: started, metricsPort, sent: 0 }
  server.port = started.ready
  const connections = Math.max(...Object.keys(bursts).map(Number))
  await load.ask('open', { port: server.port, connections, paths, kind })
  for (let turn = 0; turn < warmUps; turn += 1) {
    for (const [count, requests] of Object.entries(bursts)) await send(server, count, requests)
  }
  return server
}

async function send(server, count, requests) {
  await load.ask('burst', { port: server.port, requests, connections: Number(count) })
  server.sent += requests
}

async function measureRound({ table, servers, costs }, round) {
  for (const [count, requests] of Object.entries(table.bursts)) {
    const spent = new Map(servers.map(({ label }) => [label, 0]))
    for (let turn = 0; turn < burstsPerRound; turn += 1) {
      for (const server of rotate(servers, round + turn)) {
        const before = await server.subject.ask('cpu')
        await send(server, count, requests)
        const after = await server.subject.ask('cpu')
        spent.set(server.label, spent.get(server.label) + after - before)
      }
    }
    for (const [label, microseconds] of spent) {
      costs
        .get(label)
        .get(count)
        .push(microseconds / (requests * burstsPerRound))
    }
  }
}

/** Each subject must have counted every request: an observer that counts nothing would win. */
async function check({ label, counts, subject, metricsPort, sent }, notes) {
  if (counts === undefined) return
  // The preload's next report takes up to a second.
  if (counts === 'page') await sleep(1_500)
  const counted = counts === 'page' ? await readPage(metricsPort) : [await subject.ask('counted')]
  if (counted.some((count) => count !== sent)) {
    notes.add(`${label}: counted ${counted.join(' and ')} of ${sent} requests`)
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

function report({ table, costs, notes, began }) {
  print(`### ${table.title}, Node ${major}`)
  print()
  printCosts(table, costs)
  printTargets(table, costs, limit)
  for (const note of notes) print(`  note: ${note}`)
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  print(
    `  medians (quartiles) of ${options.rounds} rounds of ${burstsPerRound} bursts, ${seconds} s`,
  )
  print()
}
