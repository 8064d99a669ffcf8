import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { print, printHead, printTable, printTail } from './support/print.mjs'
import { freePort } from './support/subject.mjs'

/*
 * What a master of `run` holds after many reloads: nothing may grow with their number.
 *
 *   npm run build && node bench/soak-hup.mjs [--hups N]
 *
 * One worker; each reload waits until the new worker answers and the old one has ended. Heap is
 * that of the main thread after a garbage collection, resident memory includes the exporter's
 * thread. Series grow until as many ended workers are on the page as it keeps (100), and then no
 * more.
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
    // A group of its own, so that no worker is left whatever happens.
    detached: true,
  },
)
let lastLines = ''
let ends = 0
master.stderr.setEncoding('utf8').on('data', (text) => {
  ends += text.split(' ended by ').length - 1
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
    // All have ended.
  }
}

async function reload(old, hup) {
  master.kill('SIGHUP')
  const pid = await servedBy((each) => each !== '' && each !== old)
  await until(() => ends >= hup)
  return pid
}

/** The pid that answers, once it is the wanted one. */
async function servedBy(isWanted) {
  let pid = ''
  await until(async () => {
    pid = await text(`http://127.0.0.1:${port}/`).catch(() => '')
    return isWanted(pid)
  })
  return pid
}

async function held() {
  // A report of the new worker, and the page knows it.
  await sleep(1_500)
  const page = await text(`http://127.0.0.1:${metricsPort}/metrics`)
  master.send('held')
  const [{ rss, heapUsed, listeners }] = await once(master, 'message')
  const descriptors = readdirSync(`/proc/${master.pid}/fd`).length
  const series = page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
  return [megabytes(rss), megabytes(heapUsed), descriptors, listeners, series].map(String)
}

async function text(url) {
  // Connections that stay would have the old worker wait for them.
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
