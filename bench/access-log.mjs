import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetchText } from './support/fetch-text.mjs'
import { readOptions } from './support/options.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { median, quantile, rotate } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * What the access log and StatsD cost in a worker of `run`, as CPU time per request.
 *
 *   npm run bench:access-log -- [--node PATH] [--rounds N] [--quick]
 *
 * A round starts a master with one worker for each variant. The workers take their turns with
 * bursts of requests over 16 connections. `/proc` tells the CPU time of the worker. The latency is
 * the time of a request among requests that follow each other on one connection.
 */

const options = readOptions({ rounds: 6, quickRounds: 2 })
const directory = mkdtempSync(join(tmpdir(), 'bench-access-log-'))
const command = new URL('../dist/cli.cjs', import.meta.url).pathname
const server = new URL('./subjects/hello-server.cjs', import.meta.url).pathname
const variants = [
  { name: 'off', flags: [] },
  { name: '--access-logfile FILE', flags: ['--access-logfile', join(directory, 'combined')] },
  {
    name: '--access-logformat json',
    flags: ['--access-logfile', join(directory, 'json'), '--access-logformat', 'json'],
  },
  { name: '--statsd-host', flags: ['--statsd-host', '127.0.0.1:9'] },
]
const connections = 16
const burst = 5_000
const bursts = options.quick ? 2 : 6
const singles = options.quick ? 300 : 1_000
const ticksPerSecond = 100
const patienceMs = 10_000
const agent = new Agent({ keepAlive: true })

printHead('Access log and StatsD', { node: options.node, packages: [] })
const results = new Map(variants.map(({ name }) => [name, []]))
const load = await startSubject('support/load.mjs', { node: process.execPath })
try {
  for (let round = 0; round < options.rounds; round += 1) await measureRound(round)
} finally {
  await load.stop()
  agent.destroy()
  rmSync(directory, { recursive: true, force: true })
}
report()

async function measureRound(round) {
  const masters = []
  try {
    for (const variant of rotate(variants, round)) masters.push(await startMaster(variant))
    for (const master of masters) await send(master, 2 * burst)
    for (let turn = 0; turn < bursts; turn += 1) {
      for (const master of rotate(masters, turn)) await measureBurst(master)
    }
    for (const master of rotate(masters, round)) await measureLatency(master)
  } finally {
    for (const { child } of masters) child.kill('SIGKILL')
  }
  for (const { name, ticks, p99 } of masters) {
    const microseconds = (ticks / ticksPerSecond / (burst * bursts)) * 1e6
    results.get(name).push({ microseconds, p99 })
  }
}

async function startMaster({ name, flags }) {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const env = {
    ...process.env,
    PORT: String(port),
    PROMETHEUS_METRICS_PORT: String(metricsPort),
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
  }
  const args = [command, 'run', '--no-control-socket', '--keep-alive', '60', ...flags, server]
  const child = spawn(options.node, args, { env, stdio: 'ignore' })
  const pid = await workerOf(port)
  await load.ask('open', { port, connections })
  return { name, child, port, pid, ticks: 0, p99: 0 }
}

async function workerOf(port) {
  for (;;) {
    const text = await fetchText(port, '/pid', { patienceMs }).catch(() => undefined)
    if (text) return Number(text)
    await sleep(50)
  }
}

async function send({ port }, requests) {
  await load.ask('burst', { port, requests })
}

async function measureBurst(master) {
  const before = ticksOf(master.pid)
  await send(master, burst)
  master.ticks += ticksOf(master.pid) - before
}

async function measureLatency(master) {
  const times = []
  for (let count = 0; count < singles; count += 1) {
    const began = performance.now()
    await fetchText(master.port, '/', { patienceMs, agent })
    times.push(performance.now() - began)
  }
  master.p99 = quantile(times, 0.99)
}

/** CPU time of the process in user and in system, ticks. */
function ticksOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function report() {
  const off = results.get('off')
  const rows = [['', 'µs per request', 'ratio', 'quartiles', 'p99 ratio']]
  for (const [name, measured] of results) {
    const ratios = measured.map(({ microseconds }, round) => microseconds / off[round].microseconds)
    const tails = measured.map(({ p99 }, round) => p99 / off[round].p99)
    rows.push([
      name,
      median(measured.map(({ microseconds }) => microseconds)).toFixed(1),
      median(ratios).toFixed(3),
      `${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)}`,
      median(tails).toFixed(2),
    ])
  }
  printTable(rows)
  print(`  rounds: ${options.rounds}`)
  printTail()
}
