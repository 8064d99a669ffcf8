import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pythonWith } from './support/operated/install.mjs'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { noiseOf } from './support/report/noise.ts'
import { installedPeers } from './support/request/peers.mjs'
import { median, rotate, spread } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * CPU time per request that the Python exporter adds to a gunicorn worker, beside the preload in a
 * worker of `node:cluster`.
 *
 *   npm run build && node bench/python.mjs [--rounds N] [--quick]
 *
 * All workers answer `hello` over 8 keep-alive connections. The time is the kernel's time of all
 * threads of the worker. Each language has two equal bare workers, which show the noise.
 */

const versions = ['gunicorn-prometheus-exporter==0.2.4', 'gunicorn==23.0.0']
const options = readOptions({ rounds: 12, quickRounds: 3 })
const python = pythonWith(versions)
const peers = installedPeers(24).directory
const connections = 8
const burst = 2_000
const warmUps = 3
const patienceMs = 30_000

const application = `
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '5')])
    return [b'hello']
`
const hooks = `
from gunicorn_prometheus_exporter.hooks import default_on_starting, default_post_fork
from gunicorn_prometheus_exporter.hooks import default_when_ready
worker_class = 'gunicorn_prometheus_exporter.PrometheusThreadWorker'
on_starting = default_on_starting
post_fork = default_post_fork
when_ready = default_when_ready
`

const preload = { flags: preloadFlags(), env: { GUNICORN_HTTP_BODY_SIZES: 'true' } }
const groups = [
  [
    { label: 'gunicorn, bare', start: () => startGunicorn("worker_class = 'gthread'") },
    { label: 'gunicorn, bare, again', start: () => startGunicorn("worker_class = 'gthread'") },
    { label: 'gunicorn with the Python exporter', start: () => startGunicorn(hooks, true) },
  ],
  [
    { label: 'Node.js, bare', start: () => startNode({}) },
    { label: 'Node.js, bare, again', start: () => startNode({}) },
    { label: '**Node.js with the preload**', start: () => startNode(preload) },
  ],
]
const all = groups.flat()
const costs = new Map(all.map(({ label }) => [label, []]))

printHead('The Python exporter over gunicorn', { node: process.execPath, packages: [] })
print(
  `  ${spawnSync(python, ['--version'], { encoding: 'utf8' }).stdout.trim()}, ${versions.join()}`,
)
print()
const load = await startSubject('support/load.mjs', { node: process.execPath })
const workers = []
try {
  for (const { label, start } of all) workers.push({ label, ...(await start()) })
  for (const { port } of workers) {
    await load.ask('open', { port, connections })
    for (let turn = 0; turn < warmUps; turn += 1) await load.ask('burst', { port, requests: burst })
  }
  for (let round = 0; round < options.rounds; round += 1) await measureRound(round)
  for (const worker of workers) await check(worker)
} finally {
  for (const worker of workers) await worker.stop()
  await load.stop()
}
report()

async function measureRound(round) {
  for (const { label, port, pid } of rotate(workers, round)) {
    const before = cpuOf(pid)
    await load.ask('burst', { port, requests: burst })
    costs.get(label).push((cpuOf(pid) - before) / burst)
  }
}

/** An exporter that counts nothing would win. */
async function check({ label, metricsPort }) {
  if (metricsPort === undefined) return
  // A report takes up to a second.
  await sleep(1_500)
  const page = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).then((answer) =>
    answer.text(),
  )
  const [, count] = /^gunicorn_worker_requests_total\{[^}]*\} (\d+)/m.exec(page) ?? []
  const sent = burst * (warmUps + options.rounds)
  if (!(Number(count) >= sent)) throw new Error(`${label} counted ${count} of ${sent} requests`)
}

/** @returns microseconds of all threads. */
function cpuOf(pid) {
  const threads = readdirSync(`/proc/${pid}/task`)
  const times = threads.map((thread) =>
    Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'), 10),
  )
  return times.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1_000
}

async function startNode({ flags, env }) {
  const metricsPort = await freePort()
  const subject = await startSubject('subjects/request-worker.mjs', {
    node: process.execPath,
    args: ['request-server.mjs', 'none', 'hello', peers],
    nodeArgs: flags,
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      ...env,
    },
  })
  const pid = await subject.ask('pid')
  return { port: subject.ready, pid, stop: subject.stop, metricsPort: flags && metricsPort }
}

async function startGunicorn(configuration, isObserved = false) {
  const directory = mkdtempSync(join(tmpdir(), 'bench-gunicorn-'))
  const port = await freePort()
  const metricsPort = await freePort()
  writeFileSync(join(directory, 'app.py'), application)
  writeFileSync(
    join(directory, 'gunicorn.conf.py'),
    `bind = '127.0.0.1:${port}'\nworkers = 1\nthreads = 16\nkeepalive = 600\n${configuration}`,
  )
  const child = spawn(python, ['-m', 'gunicorn', 'app:app'], {
    cwd: directory,
    env: {
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      PROMETHEUS_MULTIPROC_DIR: directory,
      GUNICORN_WORKERS: '1',
    },
    stdio: 'ignore',
  })
  await untilServing(port)
  return {
    port,
    pid: workerOf(child.pid),
    metricsPort: isObserved ? metricsPort : undefined,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function untilServing(port) {
  const end = performance.now() + patienceMs
  while (performance.now() < end) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return
    await sleep(100)
  }
  throw new Error('gunicorn does not serve')
}

/** The exporter can have further children, so this is the child with the application's listener. */
function workerOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  if (children.length !== 1) throw new Error(`gunicorn has ${children.length} children`)
  return Number(children[0])
}

function report() {
  const rows = groups.flatMap(([bare, again, observed]) => {
    const [one, two] = [bare, again].map(({ label }) => costs.get(label))
    const base = one.map((cost, index) => (cost + two[index]) / 2)
    const noise = noiseOf(two.map((cost, index) => cost / one[index]))
    return [bare, again, observed].map(({ label }) => {
      const ratios = costs.get(label).map((cost, index) => cost / base[index])
      const none = noise.holds(median(ratios)) && label !== bare.label ? ', none' : ''
      const told = label === bare.label ? '1' : `${spread(ratios, 3)}${none}`
      return [label, median(costs.get(label)).toFixed(1), told]
    })
  })
  printTable([['CPU of the worker per request, 8 connections', 'µs', '× bare'], ...rows])
  print()
  print(`  medians (quartiles) of ${options.rounds} rounds of ${burst} requests`)
  printTail()
}
