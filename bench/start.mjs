import { spawnSync } from 'node:child_process'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions } from './support/options.mjs'
import { preloadFlags } from './support/preload.mjs'
import { print, printHead, printTable, printTail, printTarget } from './support/print.mjs'
import { median, rotate, spread } from './support/statistics.mjs'
import { freePort, startSubject } from './support/subject.mjs'

/*
 * What the preload adds to the start of a program and to the memory of a cluster.
 *
 *   npm run bench:start -- [--node PATH] [--rounds N] [--quick] [--against DIR]
 *
 * The start time is the time of `node -e 0`, which each command that inherits NODE_OPTIONS pays.
 * CPU time is the time that the process has used when its script runs. `--import` makes Node start
 * its ESM loader, so the table shows an empty module, too. Memory is the resident memory of a
 * clustered server with two workers after a small load and a pause. A round starts everything once.
 *
 * The longest turn is the time for which the event loop of an application stands still: at the
 * first `listen()` of a single process and of a worker, and at the first fork of a primary.
 */

const dist = (file) => new URL(`../dist/${file}`, import.meta.url)
const byRequire = preloadFlags()
const options = readOptions({ rounds: 9, quickRounds: 2 })
const byAgainst = preloadFlags(options.against)
const starts = [
  { name: 'bare', label: 'node -e 0', flags: [] },
  { name: 'require', label: '--require register', flags: byRequire },
  {
    name: 'empty',
    label: '--import of an empty module',
    flags: ['--import', 'data:text/javascript,'],
  },
  { name: 'import', label: '--import register', flags: ['--import', dist('register.mjs').href] },
  ...(options.against === undefined
    ? []
    : [{ name: 'against', label: '--require register of --against', flags: byAgainst }]),
]
const clusters = [
  { name: 'bare', flags: [] },
  { name: 'preload', flags: byRequire },
  ...(options.against === undefined ? [] : [{ name: 'against', flags: byAgainst }]),
]
const roles = ['single', 'primary', 'worker']
const turnVariants = [
  ...clusters,
  { name: 'import', flags: ['--import', dist('register.mjs').href] },
]
const turnsPerRound = 3
const startsPerRound = 10
const loadRequests = 5_000
const connections = 16
const patienceMs = 20_000

const settleMs = options.quick ? 2_000 : 5_000

printHead('Start and memory', { node: options.node, packages: [] })
const wallMs = new Map(starts.map(({ name }) => [name, []]))
const cpuMs = new Map(starts.map(({ name }) => [name, []]))
const memory = new Map(
  clusters.map(({ name }) => [name, { primary: [], worker: [], primaryHeap: [], workerHeap: [] }]),
)
const answeredVariants = clusters.filter(({ name }) => name !== 'bare')
const answered = new Map(answeredVariants.map(({ name }) => [name, { wallMs: [], cpuMs: [] }]))
const turnsMs = new Map(
  turnVariants.map(({ name }) => [name, Object.fromEntries(roles.map((role) => [role, []]))]),
)
for (let round = 0; round < options.rounds; round += 1) {
  for (let turn = 0; turn < startsPerRound; turn += 1) {
    for (const start of rotate(starts, turn)) measureStart(start)
  }
  for (let turn = 0; turn < turnsPerRound; turn += 1) {
    for (const variant of rotate(turnVariants, turn)) await measureTurns(variant)
    for (const variant of rotate(answeredVariants, turn)) await measureEndpoint(variant)
  }
  for (const cluster of rotate(clusters, round)) await measureMemory(cluster)
}
report()

function measureStart({ name, flags }) {
  const began = performance.now()
  run([...flags, '-e', '0'])
  wallMs.get(name).push(performance.now() - began)
  const tell = 'fs.writeSync(1, JSON.stringify(process.cpuUsage()))'
  const { user, system } = JSON.parse(run([...flags, '-e', tell]))
  cpuMs.get(name).push((user + system) / 1_000)
}

function run(args) {
  const { status, stdout, stderr } = spawnSync(options.node, args, { encoding: 'utf8', env: {} })
  if (status !== 0) throw new Error(`${options.node} ${args.join(' ')}: ${stderr}`)
  return stdout
}

async function measureMemory({ name, flags }) {
  const metricsPort = await freePort()
  const subject = await startSubject('subjects/start-cluster.mjs', {
    node: options.node,
    nodeArgs: flags,
    env: environment(metricsPort),
  })
  const load = await startSubject('support/load.mjs', { node: process.execPath })
  try {
    await load.ask('open', { port: subject.ready, connections })
    await load.ask('burst', { port: subject.ready, requests: loadRequests })
    await load.ask('close', { port: subject.ready })
    if (name !== 'bare') {
      await untilAnswered(metricsPort)
      // The memory that the first scrape leaves behind counts.
      await scrape(metricsPort)
    }
    await sleep(settleMs)
    const { primary, workers } = await subject.ask('memory')
    const taken = memory.get(name)
    taken.primary.push(primary.rss / 1e6)
    taken.primaryHeap.push(primary.heapUsed / 1e6)
    taken.worker.push(...workers.map(({ rss }) => rss / 1e6))
    taken.workerHeap.push(...workers.map(({ heapUsed }) => heapUsed / 1e6))
  } finally {
    await load.stop()
    await subject.stop()
  }
}

/** A process has one first server or one first fork, so the roles need two processes. */
async function measureTurns({ name, flags }) {
  for (const asked of [['single'], ['primary', 'worker']]) {
    const subject = await startSubject('subjects/start-turns.mjs', {
      node: options.node,
      nodeArgs: flags,
      env: environment(await freePort()),
    })
    try {
      for (const role of asked) turnsMs.get(name)[role].push(await subject.ask(role))
    } finally {
      await subject.stop()
    }
  }
}

/**
 * From the application's 'listening' to the first answer of the endpoint, and the CPU time of the
 * process until then.
 */
async function measureEndpoint({ name, flags }) {
  const metricsPort = await freePort()
  const subject = await startSubject('subjects/start-server.mjs', {
    node: options.node,
    nodeArgs: flags,
    env: environment(metricsPort),
  })
  try {
    const listening = await subject.ask('listen')
    await untilAnswered(metricsPort)
    const { wallMs, cpuMs } = answered.get(name)
    wallMs.push(performance.timeOrigin + performance.now() - listening)
    cpuMs.push((await subject.ask('cpu')) / 1_000)
  } finally {
    await subject.stop()
  }
}

function environment(metricsPort) {
  return { PROMETHEUS_METRICS_PORT: String(metricsPort), PROMETHEUS_BIND_ADDRESS: '127.0.0.1' }
}

async function untilAnswered(port) {
  const end = performance.now() + patienceMs
  while (performance.now() < end) {
    if (await scrape(port).catch(() => false)) return
    await sleep(1)
  }
  throw new Error('the endpoint does not answer')
}

function scrape(port) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/metrics', agent: false }
    get(options, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode === 200))
    }).on('error', reject)
  })
}

function report() {
  printTable([
    ['', 'wall, ms', 'added', 'CPU, ms', 'added'],
    ...starts.map(({ name, label }) => [
      label,
      spread(wallMs.get(name), 1),
      added(wallMs, name),
      spread(cpuMs.get(name), 1),
      added(cpuMs, name),
    ]),
  ])
  print()
  const parts = [
    ['a worker: resident, MB', 'worker'],
    ['  JavaScript heap, MB', 'workerHeap'],
    ['the primary: resident, MB', 'primary'],
    ['  JavaScript heap of its main thread, MB', 'primaryHeap'],
  ]
  printTable([
    ['', ...clusters.map(({ name }) => name), 'added'],
    ...parts.map(([label, part]) => [
      label,
      ...clusters.map(({ name }) => spread(memory.get(name)[part], 1)),
      signed(memoryAdded(part)),
    ]),
  ])
  print()
  printTable([
    ['longest turn of the event loop, ms', ...turnVariants.map(({ name }) => name)],
    ...roles.map((role) => [
      `  ${role}`,
      ...turnVariants.map(({ name }) => spread(turnsMs.get(name)[role], 1)),
    ]),
  ])
  print()
  printTable([
    ["until the endpoint's first answer", ...answeredVariants.map(({ name }) => name)],
    ['  from listening, ms', ...answeredOf('wallMs')],
    ['  CPU time from the start of the process, ms', ...answeredOf('cpuMs')],
  ])
  print()
  for (const flag of ['require', 'import']) {
    const base = flag === 'import' ? 'empty' : 'bare'
    printTarget(`--${flag}, wall time added`, ms(difference(wallMs, flag, 'bare')))
    if (base !== 'bare')
      print(`    of it the preload's own: ${signed(difference(wallMs, flag, base))} ms`)
  }
  printTarget('memory added to a worker', {
    value: memoryAdded('worker'),
    limit: 10,
    unit: ' MB',
    digits: 1,
  })
  printTarget('memory added to the primary', {
    value: memoryAdded('primary'),
    limit: 30,
    unit: ' MB',
    digits: 1,
  })
  print(
    `  medians (quartiles) of ${options.rounds * startsPerRound} starts, ` +
      `${options.rounds * turnsPerRound} first servers and ${options.rounds} clusters`,
  )
  printTail()
}

function answeredOf(part) {
  return answeredVariants.map(({ name }) => spread(answered.get(name)[part], 1))
}

function ms(value) {
  return { value, limit: 30, unit: ' ms', digits: 1 }
}

function added(times, name) {
  return name === 'bare' ? '' : signed(difference(times, name, 'bare'))
}

/** Median of the differences between starts that follow each other. */
function difference(times, name, base) {
  return median(times.get(name).map((time, index) => time - times.get(base)[index]))
}

function memoryAdded(part) {
  return median(memory.get('preload')[part]) - median(memory.get('bare')[part])
}

function signed(value) {
  return `${value < 0 ? '' : '+'}${value.toFixed(1)}`
}
