import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../src/support/error-message.ts'
import { Random } from '../random.ts'
import { actAtRandom, type Stage, send } from './acts.ts'
import { ChaosMaster, type ChaosPlace, wantedWorkers } from './chaos-master.ts'
import { type Attribution, attribute, type Failure } from './failure.ts'
import { eventsLane, http1Lane, patienceMs, uploadLane, webSocketLane } from './http1-clients.ts'
import { http2Lane } from './http2-clients.ts'
import { descriptorCount, processesWith, residentMegabytes } from './process-table.ts'
import { Tally } from './tally.ts'

export interface ChaosOptions extends ChaosPlace {
  readonly seed: number
  readonly durationMs: number
  /** Time between two measurements, each after a reload. */
  readonly checkpointMs: number
  readonly onProgress: (text: string) => void
}

export interface Resources {
  readonly minutes: number
  readonly master: number
  readonly descriptors: number
  readonly listeners: number
  readonly residentMegabytes: number
}

export interface ChaosResult {
  readonly acts: ReadonlyMap<string, number>
  readonly completed: ReadonlyMap<string, number>
  readonly failures: readonly (Failure & { readonly attribution: Attribution })[]
  /** States that the master did not leave, and other faults. */
  readonly findings: readonly string[]
  readonly resources: readonly Resources[]
  readonly log: string
}

/** Longest pause between two acts. */
const longestPauseMs = 1_000

/** Sends random signals to a master and its workers, under load of every protocol. */
export async function chaosRun(options: ChaosOptions): Promise<ChaosResult> {
  const run = new ChaosRun(options, await ChaosMaster.start(options))
  return await run.toEnd()
}

class ChaosRun {
  readonly #options: ChaosOptions
  readonly #stage: Stage
  readonly #tally = new Tally()
  readonly #acts = new Map<string, number>()
  readonly #findings: string[] = []
  readonly #resources: Resources[] = []
  readonly #startedAt = performance.now()

  constructor(options: ChaosOptions, master: ChaosMaster) {
    this.#options = options
    this.#stage = { master, random: new Random(options.seed), kills: [], stopped: new Map() }
  }

  async toEnd(): Promise<ChaosResult> {
    const lanes = this.#lanes()
    const watch = setInterval(() => this.#noteTimeouts(), 500)
    const { durationMs, checkpointMs } = this.#options
    const end = this.#startedAt + durationMs
    while (performance.now() < end && this.#findings.length === 0) {
      await this.#actUntil(Math.min(end, performance.now() + checkpointMs))
      await this.#checkpoint()
    }
    this.#tally.stop()
    const isDone = await Promise.race([
      Promise.all(lanes),
      sleep(2 * patienceMs, undefined, { ref: false }),
    ])
    if (!isDone) this.#findings.push('A client waits for ever.')
    await this.#end()
    clearInterval(watch)
    this.#noteTimeouts()
    const { kills, master } = this.#stage
    return {
      acts: this.#acts,
      completed: this.#tally.completed(),
      failures: this.#tally.failures.map((failure) => ({
        ...failure,
        attribution: attribute(failure, kills),
      })),
      findings: this.#findings,
      resources: this.#resources,
      log: master.log(),
    }
  }

  /** The master kills workers that the test has stopped for long. */
  #noteTimeouts(): void {
    const { kills, master, stopped } = this.#stage
    for (const [, text] of master.log().matchAll(/WORKER TIMEOUT \(pid:(\d+)\)/g)) {
      const pid = Number(text)
      const clients = stopped.get(pid)
      const isNew = !kills.some((kill) => kill.pid === pid)
      if (clients && isNew) kills.push({ pid, at: performance.now(), clients })
    }
  }

  #lanes(): Promise<void>[] {
    const { http1, h2c, h2 } = this.#stage.master.ports
    const tally = this.#tally
    return [
      http1Lane(tally, { port: http1, path: '/', keepAlive: true }),
      http1Lane(tally, { port: http1, path: '/', keepAlive: true }),
      http1Lane(tally, { port: http1, path: '/slow', keepAlive: true }),
      http1Lane(tally, { port: http1, path: '/', keepAlive: false }),
      http1Lane(tally, { port: http1, path: '/download', keepAlive: false }),
      uploadLane(tally, http1),
      uploadLane(tally, http1),
      eventsLane(tally, http1),
      eventsLane(tally, http1),
      webSocketLane(tally, http1),
      webSocketLane(tally, http1),
      http2Lane(tally, 'h2c', `http://127.0.0.1:${h2c}`),
      http2Lane(tally, 'HTTP/2 over TLS', `https://127.0.0.1:${h2}`),
    ]
  }

  async #actUntil(end: number): Promise<void> {
    const { random } = this.#stage
    while (performance.now() < end && this.#findings.length === 0) {
      await this.#noting('an act', async () => {
        const name = await actAtRandom(this.#stage)
        this.#acts.set(name, (this.#acts.get(name) ?? 0) + 1)
        this.#options.onProgress(`${this.#seconds()} s: ${name}`)
      })
      await sleep(random.below(longestPauseMs))
    }
  }

  /** From every state, HUP leads to the wanted number of serving workers. */
  async #checkpoint(): Promise<void> {
    const { master } = this.#stage
    await this.#noting('HUP', async () => {
      for (const pid of master.workers()) send(pid, 'SIGCONT')
      master.signal('SIGHUP')
      await master.serves(wantedWorkers)
      await this.#measure()
    })
  }

  async #measure(): Promise<void> {
    const { master } = this.#stage
    // The lowest of some counts: connections pass through the master.
    let descriptors = Number.POSITIVE_INFINITY
    for (let time = 0; time < 20; time += 1) {
      descriptors = Math.min(descriptors, descriptorCount(master.pid))
      await sleep(100)
    }
    this.#resources.push({
      minutes: this.#seconds() / 60,
      master: master.pid,
      descriptors,
      listeners: master.listeners(),
      residentMegabytes: residentMegabytes(master.pid),
    })
  }

  async #end(): Promise<void> {
    const { directory } = this.#options
    await this.#noting('TERM', () => this.#stage.master.end())
    const left = processesWith(`CHAOS_DIRECTORY=${directory}`)
    if (left.length > 0) this.#findings.push(`Processes are left: ${left.join(', ')}`)
    for (const pid of left) send(pid, 'SIGKILL')
    const { master, stopped } = this.#stage
    const late = master.log().matchAll(/\(pid:(\d+)\) did not end in time/g)
    const unexplained = Array.from(late, ([, pid]) => Number(pid)).filter(
      (pid) => !stopped.has(pid),
    )
    if (unexplained.length > 0) this.#findings.push(`No graceful end: ${unexplained.join(', ')}`)
  }

  /** A state that the master does not leave ends the run. */
  async #noting(act: string, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.#findings.push(`After ${this.#seconds()} s, at ${act}: ${messageOf(error)}`)
    }
  }

  #seconds(): number {
    return Math.round((performance.now() - this.#startedAt) / 100) / 10
  }
}
