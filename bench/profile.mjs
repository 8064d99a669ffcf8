import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readOptions } from './support/options.mjs'
import { print, printHead, printTail } from './support/print.mjs'
import { median, quantile } from './support/statistics.mjs'
import { freePort } from './support/subject.mjs'

/*
 * What a CPU profile costs the worker of `run` while the profile is taken.
 *
 *   npm run build && node bench/profile.mjs [--node PATH] [--rounds N] [--quick]
 *
 * A round has a window without a profile and a window with a profile, in turns. The table has the
 * CPU time of the worker per request as a ratio, and the time of requests in milliseconds.
 */

const options = readOptions({ rounds: 12, quickRounds: 2 })
const path = (file) => fileURLToPath(new URL(file, import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'bench-profile-'))
const socket = join(directory, 'ctl')
const windowSeconds = 4
const connections = 8

printHead('CPU profile of a worker', { node: options.node, packages: [] })
const [port, metricsPort] = [await freePort(), await freePort()]
const flags = ['--control-socket', socket, '--profile-dir', directory]
const master = spawn(
  options.node,
  [path('../dist/cli.cjs'), 'run', ...flags, path('./subjects/run-server.cjs')],
  {
    stdio: 'ignore',
    env: { ...process.env, PORT: String(port), PROMETHEUS_METRICS_PORT: String(metricsPort) },
  },
)
try {
  await sleep(3_000)
  const [{ pid }] = (await ask('show workers')).workers
  await load(2 * windowSeconds, pid)
  const rounds = []
  for (let round = 0; round < options.rounds; round += 1) {
    const results = {}
    for (const kind of round % 2 === 0 ? ['off', 'on'] : ['on', 'off']) {
      const profile = kind === 'on' ? ask(`worker profile ${pid} ${windowSeconds}`) : undefined
      results[kind] = await load(windowSeconds, pid)
      await profile
      await sleep(500)
    }
    rounds.push(results)
  }
  report(rounds)
} finally {
  master.kill('SIGINT')
  rmSync(directory, { recursive: true, force: true })
}
printTail()

function report(rounds) {
  const ratios = rounds.map(({ on, off }) => on.cpu / off.cpu)
  const of = (kind, figure) => median(rounds.map((round) => round[kind][figure]))
  print('| figure | without | with a profile |\n|---|---|---|')
  print(`| CPU time per request | 1 | ${median(ratios).toFixed(2)} (${range(ratios)}) |`)
  for (const figure of ['p50', 'p99']) {
    print(`| ${figure}, ms | ${of('off', figure).toFixed(2)} | ${of('on', figure).toFixed(2)} |`)
  }
}

function range(values) {
  return `${quantile(values, 0.05).toFixed(2)} to ${quantile(values, 0.95).toFixed(2)}`
}

/** Requests without a pause for a while. */
async function load(seconds, pid) {
  const times = []
  const before = ticksOf(pid)
  const end = performance.now() + 1_000 * seconds
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (performance.now() < end) times.push(await oneRequest(agent))
      agent.destroy()
    }),
  )
  const cpu = (ticksOf(pid) - before) / times.length
  return { cpu, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

function oneRequest(agent) {
  const start = performance.now()
  return new Promise((resolve, reject) => {
    request({ port, agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(performance.now() - start))
    })
      .on('error', reject)
      .end()
  })
}

/** CPU time of a process with its threads, clock ticks. */
function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function ask(command) {
  return new Promise((resolve, reject) => {
    const client = createConnection(socket)
    const body = Buffer.from(JSON.stringify({ id: 1, command, args: [] }))
    const head = Buffer.alloc(4)
    head.writeUInt32BE(body.length)
    client.write(Buffer.concat([head, body]))
    client.on('error', reject)
    let answer = Buffer.alloc(0)
    client.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length < 4 || answer.length < 4 + answer.readUInt32BE(0)) return
      client.destroy()
      const { data, error } = JSON.parse(answer.subarray(4).toString())
      if (error) reject(new Error(error))
      else resolve(data)
    })
  })
}
