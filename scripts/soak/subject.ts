import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  descriptorCount,
  isAlive,
  residentMegabytes,
} from '../../test/support/chaos/process-table.ts'
import {
  endGroup,
  eventually,
  fetchText,
  freePort,
  preloadFlags,
  startProgram,
} from '../../test/support/programs/app.ts'
import { get } from '../../test/support/programs/load.ts'
import { command } from '../../test/support/programs/master.ts'
import { parsePage, select } from '../../test/support/prometheus/page.ts'
import { PacedLoad } from './paced-load.ts'
import type { Reading } from './slope.ts'

export const kinds = ['plain', 'preload', 'run'] as const
export type Kind = (typeof kinds)[number]

/** The readings of one process. */
export interface ProcessReadings {
  readonly name: string
  readonly pid: number
  readonly resident: Reading[]
  readonly descriptors: Reading[]
}

const app = join(import.meta.dirname, 'cluster.cjs')
/** The oldest workers of an own cluster are never killed. */
const keptWorkers = 2

/** One application under load, whose workers are killed and replaced. */
export class Subject {
  readonly kind: Kind
  readonly load: PacedLoad
  readonly processes: ProcessReadings[]
  kills = 0
  reloads = 0
  readonly #program: ReturnType<typeof startProgram>
  readonly #metricsPort: number
  /** Requests by worker: the highest value on any page. */
  readonly #requests = new Map<string, number>()

  private constructor(kind: Kind, program: ReturnType<typeof startProgram>, ports: Ports) {
    this.kind = kind
    this.#program = program
    this.#metricsPort = ports.metrics
    const pid = program.child.pid ?? 0
    const kept = kind === 'run' ? [] : childrenOf(pid).slice(0, keptWorkers)
    this.processes = [
      readingsOf(kind === 'run' ? 'master' : 'primary', pid),
      ...kept.map((worker, index) => readingsOf(`worker ${index + 1}`, worker)),
    ]
    this.load = new PacedLoad(ports.app, ports.rate)
  }

  static async start(kind: Kind, rate: number, env: Record<string, string>): Promise<Subject> {
    const ports = { app: await freePort(), metrics: await freePort(), rate }
    const flags = {
      plain: [app],
      preload: [...preloadFlags('require'), app],
      run: [command, 'run', '--workers', '4', app],
    }[kind]
    const program = startProgram([process.execPath, ...flags], {
      PORT: String(ports.app),
      PROMETHEUS_METRICS_PORT: String(ports.metrics),
      PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
      ...env,
    })
    try {
      await eventually(() => get(ports.app, '/'), 60_000)
      await eventually(() => {
        const count = childrenOf(program.child.pid ?? 0).length
        if (count < 4) throw new Error(`${count} workers live`)
      })
    } catch (error) {
      endGroup(program.child)
      throw error
    }
    return new Subject(kind, program, ports)
  }

  /** Kills the youngest worker. Its replacement is the youngest next time. */
  killWorker(): void {
    const victim = childrenOf(this.#pid).at(-1)
    if (victim === undefined) return
    process.kill(victim, 'SIGKILL')
    this.kills += 1
  }

  reload(): void {
    if (this.kind !== 'run') return
    process.kill(this.#pid, 'SIGHUP')
    this.reloads += 1
  }

  async scrape(): Promise<void> {
    if (this.kind === 'plain') return
    const page = parsePage(await fetchText(`http://127.0.0.1:${this.#metricsPort}/metrics`))
    for (const { labels, value } of select(page, 'gunicorn_worker_requests_total')) {
      const worker = labels['worker_id'] ?? ''
      this.#requests.set(worker, Math.max(value, this.#requests.get(worker) ?? 0))
    }
  }

  /** Throws where a process of the readings has ended. */
  read(hours: number): void {
    for (const { name, pid, resident, descriptors } of this.processes) {
      if (!isAlive(pid)) throw new Error(`${this.kind}: the ${name} ended: ${this.tail()}`)
      resident.push({ hours, value: residentMegabytes(pid) })
      descriptors.push({ hours, value: descriptorCount(pid) })
    }
  }

  /** Requests that the exporter counted, over all workers. */
  counted(): number {
    return [...this.#requests.values()].reduce((total, value) => total + value, 0)
  }

  tail(): string {
    return this.#program.stderr().slice(-4_000)
  }

  stop(): void {
    endGroup(this.#program.child)
  }

  get #pid(): number {
    return this.#program.child.pid ?? 0
  }
}

interface Ports {
  readonly app: number
  readonly metrics: number
  readonly rate: number
}

function readingsOf(name: string, pid: number): ProcessReadings {
  return { name, pid, resident: [], descriptors: [] }
}

/** Live Node.js children, the oldest first. The guard of a master's workers is no Node.js. */
function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  return children.filter(Boolean).map(Number).filter(isAlive).filter(isNode)
}

function isNode(pid: number): boolean {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'sh'
}
