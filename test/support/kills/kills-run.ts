import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type App, eventually, fetchText, freePort, startApp } from '../programs/app.ts'
import { sum } from '../prometheus/page.ts'
import { Random } from '../random.ts'
import { Answers } from './answers.ts'
import { KillLoad, type KillProtocol } from './kill-load.ts'

export interface KillsOptions {
  readonly kills: number
  readonly seed: number
  /** Default: `http1`, with keep-alive and pipelining. */
  readonly protocol?: KillProtocol
  /** `GUNICORN_CRASH_FILES`. Default: `turn`. */
  readonly write?: 'turn' | 'response'
  /** Where the counts live. Default: memory. */
  readonly place?: 'memory' | 'file'
  /** Directory for crash files. */
  readonly directory: string
  readonly onKill?: (kill: Kill) => void
}

const stderrLines = 40

/** A worker that was killed. */
export interface Kill {
  /** Answers that clients received. */
  readonly answered: number
  /** Requests on the page. */
  readonly counted: number
  /** Answers of the last turn of the event loop with an answer. */
  readonly ofLastTurn: number
  /** Connections that had an answer, and that the kill cut. */
  readonly cut: number
}

/** Kills workers under load, and compares answers with counts after each kill. */
export async function runKills(options: KillsOptions): Promise<Kill[]> {
  const { protocol = 'http1', write = 'turn', place = 'memory' } = options
  const port = await freePort()
  const http2Ports: number[] = []
  while (http2Ports.length < 4) http2Ports.push(await freePort())
  const env = {
    PORT: String(port),
    HTTP2_PORTS: http2Ports.join(' '),
    WORKERS: '3',
    GUNICORN_CRASH_FILES: write,
    GUNICORN_CRASH_MEMORY: String(place === 'memory'),
    PROMETHEUS_MULTIPROC_DIR: options.directory,
  }
  const app = await startApp({ file: 'apps/cluster/kills.cjs', env })
  const answers = new Answers()
  try {
    await app.ready()
    const load = new KillLoad({ protocol, port, http2Ports, answers })
    try {
      return await killAll(options, { app, load, answers })
    } catch (error) {
      const last = app.stderr().split('\n').slice(-stderrLines).join('\n')
      throw new Error(`the run ended; the last lines of the application are:\n${last}`, {
        cause: error,
      })
    } finally {
      await load.stop()
    }
  } finally {
    await app.stop()
  }
}

interface Run {
  readonly app: App
  readonly load: KillLoad
  readonly answers: Answers
}

async function killAll({ kills, seed, onKill }: KillsOptions, run: Run): Promise<Kill[]> {
  const random = new Random(seed)
  const done: Kill[] = []
  let killed = ''
  while (done.length < kills) {
    await sleep(random.below(100))
    const pid = await eventually(() => {
      const recent = run.answers.takeRecent().filter((each) => each !== killed)
      return recent.length > 0 ? random.pick(recent) : assert.fail('no worker answers')
    })
    process.kill(Number(pid), 'SIGKILL')
    // No client has heard of the kill yet.
    const cut = run.load.openTo(pid)
    killed = pid
    const kill = { ...(await settled(run, pid, done.length + 1)), cut }
    done.push(kill)
    onKill?.(kill)
  }
  return done
}

/** Waits until the page has the end of the worker, and the clients have its last answers. */
async function settled(
  { app, load, answers }: Run,
  pid: string,
  ends: number,
): Promise<Omit<Kill, 'cut'>> {
  const counted = await eventually(async () => {
    assert.equal(load.openTo(pid), 0)
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_exporter_crash_files_total', { result: 'read' }), ends)
    const worker_id = await idOf(app, pid)
    const only = { worker_id }
    return sum(page, 'gunicorn_worker_requests_total', only)
  })
  const { total: answered, ofTurn: ofLastTurn } = answers.take(pid)
  return { answered, counted, ofLastTurn }
}

async function idOf(app: App, pid: string): Promise<string> {
  const status = JSON.parse(await fetchText(app.metricsUrl.replace('/metrics', '/status')))
  const deaths: { pid: number; workerId: string }[] = status.deaths
  const found = deaths.findLast((death) => death.pid === Number(pid))
  return found?.workerId ?? assert.fail(`no dead worker has the pid ${pid}`)
}

export function lostOf({ answered, counted }: Kill): number {
  return Math.max(0, answered - counted)
}

/** Sums over all kills. */
export function summaryOf(kills: readonly Kill[]): string {
  const add = (of: (kill: Kill) => number): number =>
    kills.reduce((total, kill) => total + of(kill), 0)
  const losing = kills.filter((kill) => lostOf(kill) > 0)
  const beyond = kills.filter((kill) => lostOf(kill) > kill.ofLastTurn)
  const isMore = kills.filter((kill) => lostOf(kill) > kill.cut)
  const most = Math.max(0, ...kills.map(lostOf))
  return (
    `${kills.length} kills: ${add(({ answered }) => answered)} answers, ` +
    `${add(lostOf)} lost in ${losing.length} kills, at most ${most} in one kill; ` +
    `${beyond.length} kills lost more than their last turn, ` +
    `${isMore.length} more than the cut connections (${add(({ cut }) => cut)}); ` +
    `${add((kill) => Math.max(0, kill.counted - kill.answered))} counted without an answer`
  )
}
