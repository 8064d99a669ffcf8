import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../subject.mjs'
import { isAlive, processesWith, workersOf } from './processes.mjs'

const path = (file) => fileURLToPath(new URL(file, import.meta.url))
const patienceMs = 30_000

/** A master of gunicorn or of `run` with the same application and the same options. */
export class OperatedServer {
  constructor(program, { directory, port, child }) {
    this.program = program
    this.directory = directory
    this.port = port
    this.child = child
    this.text = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.text += text
    })
    child.stdout.resume()
    child.once('exit', (code, signal) => {
      this.ended = { code, signal }
    })
  }

  /**
   * @param program `{ name, command }`: the command line for options and an address.
   * @param options `options`: for both; `through`: a command that starts the command; `directory`:
   * of another start; `socket`: whether to listen on a unix socket; `env`: variables.
   */
  static start(program, settings = {}) {
    const { directory = mkdtempSync(join(tmpdir(), 'operated-')) } = settings
    for (const file of ['operated.cjs', 'operated.py']) {
      copyFileSync(path(`../../subjects/${file}`), join(directory, file))
    }
    return launch(program, { ...settings, directory })
  }

  /** The pid of the master: of the pid file, or of the started process. */
  get pid() {
    const file = join(this.directory, 'pid')
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : this.child.pid
  }

  get workers() {
    return workersOf(this.pid)
  }

  signal(name) {
    process.kill(this.pid, name)
  }

  count(pattern) {
    return this.log.split(pattern).length - 1
  }

  get log() {
    return this.text + readLog(join(this.directory, 'log'))
  }

  /** Waits until a worker answers. */
  async serves() {
    await until(async () => (await this.get('/')) !== undefined, this.program.name)
  }

  /** @returns the body, or undefined for a failure. */
  async get(target, timeoutMs = 2_000) {
    return await get(this.address, target, timeoutMs)
  }

  get address() {
    if (this.socket) return { socketPath: join(this.directory, 'app.sock') }
    return { host: '127.0.0.1', port: this.port }
  }

  async gone(pid = this.child.pid) {
    await until(() => !isAlive(pid), `the end of ${pid}`)
  }

  /** Kills everything that the start has started. */
  stop() {
    for (const pid of processesWith(`OPERATED=${this.directory}`)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
  }

  remove() {
    this.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

async function launch(program, { options = [], through = () => [], socket, env = {}, directory }) {
  const port = await freePort()
  const address = socket ? `unix:${directory}/app.sock` : `127.0.0.1:${port}`
  const metricsPort = await freePort()
  const [file, ...args] = [...through({ directory, port }), ...program.command(address, options)]
  const child = spawn(file, args, {
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      ...(socket && { SOCKET: `${directory}/app.sock` }),
      OPERATED: directory,
      PROMETHEUS_METRICS_PORT: String(metricsPort),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      ...env,
    },
  })
  const server = new OperatedServer(program, { directory, port, child })
  server.socket = socket
  return server
}

export async function until(isSo, what, limitMs = patienceMs) {
  const end = performance.now() + limitMs
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`no ${what} within ${limitMs} ms`)
    await sleep(20)
  }
}

export function get(address, target, timeoutMs) {
  return new Promise((resolve) => {
    const message = request({ ...address, path: target, agent: false, timeout: timeoutMs })
    message.once('timeout', () => message.destroy())
    message.once('error', () => resolve(undefined))
    message.once('response', async (response) => {
      let text = ''
      try {
        for await (const data of response) text += data
        resolve(response.statusCode === 200 ? text : undefined)
      } catch {
        resolve(undefined)
      }
    })
    message.end()
  })
}

function readLog(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
