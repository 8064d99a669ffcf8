import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  endGroup,
  eventually,
  fixtures,
  freePort,
  nodeUnderTest,
  startProgram,
} from '../programs/app.ts'
import { get } from '../programs/load.ts'
import { command } from '../programs/master.ts'
import type { ClientPorts } from './http1-clients.ts'
import { isAlive, workersOf } from './process-table.ts'

export interface ChaosPlace {
  readonly directory: string
  /** Files of a certificate for HTTP/2. */
  readonly certfile: string
  readonly keyfile: string
}

/** Workers after a reload. */
export const wantedWorkers = 3
/** A worker that a test stops for longer is killed. */
export const timeoutSeconds = 5
const gracefulTimeoutSeconds = 20
const readyMs = 90_000

/** The current master of a program, also after an upgrade. */
export class ChaosMaster {
  readonly ports: ClientPorts
  readonly #directory: string
  readonly #program: ReturnType<typeof startProgram>

  private constructor(
    ports: ClientPorts,
    program: ReturnType<typeof startProgram>,
    directory: string,
  ) {
    this.ports = ports
    this.#program = program
    this.#directory = directory
  }

  static async start({ directory, certfile, keyfile }: ChaosPlace): Promise<ChaosMaster> {
    const ports = { http1: await freePort(), h2c: await freePort(), h2: await freePort() }
    const probe = join(import.meta.dirname, 'master-probe.cjs')
    const flags = [
      ...['--workers', String(wantedWorkers), '--timeout', String(timeoutSeconds)],
      ...['--graceful-timeout', String(gracefulTimeoutSeconds), '--keep-alive', '1'],
      ...['--pid', join(directory, 'pid'), '--log-file', join(directory, 'log')],
      ...['--log-level', 'debug'],
    ]
    const app = join(fixtures, 'apps/run/every-protocol.cjs')
    const program = startProgram(
      [nodeUnderTest, '--require', probe, command, 'run', ...flags, app],
      {
        PORT: String(ports.http1),
        H2C_PORT: String(ports.h2c),
        H2_PORT: String(ports.h2),
        CERT: certfile,
        KEY: keyfile,
        CHAOS_DIRECTORY: directory,
        PROMETHEUS_METRICS_PORT: String(await freePort()),
        PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      },
    )
    const master = new ChaosMaster(ports, program, directory)
    try {
      await eventually(() => master.pid, readyMs)
      await master.serves(wantedWorkers)
    } catch (error) {
      endGroup(program.child)
      throw error
    }
    return master
  }

  get pid(): number {
    const pid = Number(readFileSync(join(this.#directory, 'pid'), 'utf8'))
    if (!Number.isInteger(pid) || pid <= 0) throw new Error(`the pid file has ${pid}`)
    return pid
  }

  workers(): number[] {
    return workersOf(this.pid)
  }

  signal(name: string): void {
    process.kill(this.pid, name)
  }

  log(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8')
  }

  /** The output of the application and of masters without a log. */
  output(): string {
    return this.#program.stdout() + this.#program.stderr()
  }

  listeners(): number {
    return Number(readFileSync(join(this.#directory, `listeners-${this.pid}`), 'utf8'))
  }

  /** Waits until exactly so many workers live, and each of them has answered. */
  async serves(count: number): Promise<void> {
    const answered = new Set<number>()
    await eventually(async () => {
      answered.add(await this.answeringPid())
      const pids = this.workers()
      const silent = pids.filter((pid) => !answered.has(pid))
      if (pids.length === count && silent.length === 0) return
      throw new Error(`${pids.length} workers live instead of ${count}; silent: ${silent}`)
    }, readyMs)
  }

  async answeringPid(): Promise<number> {
    return Number((await get(this.ports.http1, '/')).body)
  }

  /** Ends the master gracefully. */
  async end(): Promise<void> {
    const { pid } = this
    process.kill(pid, 'SIGTERM')
    await eventually(() => {
      if (isAlive(pid)) throw new Error(`the master ${pid} does not end`)
    }, readyMs)
  }
}
