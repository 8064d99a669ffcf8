import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { freePort } from './support/subject.mjs'

/*
 * Resources of a master of `run` after many reloads. Nothing may grow with the number of reloads.
 *
 *   npm run build && node bench/soak-hup.mjs [--hups N]
 *
 * The master has one worker. Each reload waits until the new worker answers and the old worker has
 * ended. The heap figure is the main thread's heap after a garbage collection. Resident memory
 * includes the exporter thread. Series grow until the page keeps 100 ended workers.
 */

const points = 10
const patienceMs = 60_000
const path = (file) => fileURLToPath(new URL(file, import.meta.url))

const { values } = parseArgs({ options: { hups: { type: 'string', default: '1000' } } })
const hups = Number(values.hups)
if (!Number.isInteger(hups) || hups < points || hups > 1_000_000) {
  throw new RangeError(`--hups is ${values.hups}; allowed is an integer from ${points} to 1000000.`)
}

printHead('Soak of reloads', { node: process.execPath, packages: [] })
const [port, metricsPort] = [await freePort(), await freePort()]
const flags = ['--expose-gc', '--require', path('./support/memory-probe.cjs')]
const master = spawn(
  process.execPath,
  [...flags, path('../dist/cli.cjs'), 'run', '-w', '1', path('./subjects/run-server.cjs')],
  {
    env: {
      PORT: String(port),
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A process group of its own: the end of the benchmark ends every worker.
    detached: true,
  },
)
let lastLines = ''
let ends = 0
master.stderr.setEncoding('utf8').on('data', (text) => {
  ends += text.split(/ ended (?:by|with) /).length - 1
  lastLines = (lastLines + text).slice(-4_000)
})

try {
  const rows = [['HUPs', 'resident, MB', 'heap, MB', 'descriptors', 'listeners', 'series']]
  let pid = await servedBy((each) => each !== '')
  for (let hup = 0; hup <= hups; hup += 1) {
    if (hup > 0) pid = await reload(pid, hup)
    if (hup % Math.floor(hups / points) === 0) rows.push([String(hup), ...(await held())])
  }
  printTable(rows)
  const ended = once(master, 'exit')
  master.kill('SIGTERM')
  const [code] = await ended
  print()
  print(`  ${ends} ends of workers, exit code of the master ${code}`)
  printTail()
} finally {
  try {
    process.kill(-master.pid, 'SIGKILL')
  } catch {
    // All processes have ended.
  }
}

async function reload(old, hup) {
  master.kill('SIGHUP')
  const pid = await servedBy((each) => each !== '' && each !== old)
  await until(() => ends >= hup)
  return pid
}

/** The pid of the answering worker, as soon as that worker is the expected one. */
async function servedBy(isWanted) {
  let pid = ''
  await until(async () => {
    pid = await text(`http://127.0.0.1:${port}/`).catch(() => '')
    return isWanted(pid)
  })
  return pid
}

async function held() {
  // The page shows a report of the new worker.
  await sleep(1_500)
  const page = await text(`http://127.0.0.1:${metricsPort}/metrics`)
  master.send('held')
  const [{ rss, heapUsed, listeners }] = await once(master, 'message')
  const descriptors = readdirSync(`/proc/${master.pid}/fd`).length
  const series = page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
  return [megabytes(rss), megabytes(heapUsed), descriptors, listeners, series].map(String)
}

async function text(url) {
  // The old worker would wait for open connections.
  const response = await fetch(url, { headers: { connection: 'close' } })
  return await response.text()
}

async function until(isSo) {
  const end = performance.now() + patienceMs
  while (!(await isSo())) {
    if (master.exitCode !== null || performance.now() > end) {
      throw new Error(`the master does not do what it should: ${lastLines}`)
    }
    await sleep(5)
  }
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1)
}
