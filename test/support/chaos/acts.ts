import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../programs/app.ts'
import type { Random } from '../random.ts'
import { type ChaosMaster, timeoutSeconds } from './chaos-master.ts'
import type { Kill } from './failure.ts'
import { heldConnections } from './held-connections.ts'
import { isAlive, parentOf } from './process-table.ts'

export interface Stage {
  readonly master: ChaosMaster
  readonly random: Random
  /** Workers that the test has killed, or that the master has killed because they stood still. */
  readonly kills: Kill[]
  /** Workers that the test has stopped for a while, with the ports of their clients. */
  readonly stopped: Map<number, ReadonlySet<number>>
}

type Act = (stage: Stage) => Promise<void>

const upgradeMs = 90_000
/** A worker that stands still for so long must live. */
const shortStopMs = 1_500
/** A worker that stands still for so long must be killed. */
const longStopMs = 2 * timeoutSeconds * 1_000
const mostWorkers = 6

/** What can happen to a master, with how often. */
const acts: readonly (readonly [name: string, weight: number, act: Act])[] = [
  ['HUP', 4, async ({ master }) => master.signal('SIGHUP')],
  ['TTIN', 3, ttin],
  ['TTOU', 3, async ({ master }) => master.signal('SIGTTOU')],
  ['USR1', 2, async ({ master }) => master.signal('SIGUSR1')],
  ['WINCH, then HUP', 2, winch],
  ['TERM of a worker', 3, termWorker],
  ['KILL of a worker', 3, killWorker],
  ['STOP of a worker, short', 2, (stage) => stopWorker(stage, shortStopMs)],
  ['STOP of a worker, long', 1, (stage) => stopWorker(stage, longStopMs)],
  ['USR2, then TERM of the old master', 1, upgrade],
  ['USR2, then TERM of the new master', 1, rollBack],
]

const names = acts.flatMap(([name, weight]) => Array.from({ length: weight }, () => name))
export const actNames: readonly string[] = acts.map(([name]) => name)

/** Does a random thing to the master. @returns what it was. */
export async function actAtRandom(stage: Stage): Promise<string> {
  const name = stage.random.pick(names)
  const act = acts.find(([each]) => each === name)?.[2]
  await act?.(stage)
  return name
}

async function ttin({ master }: Stage): Promise<void> {
  if (master.workers().length < mostWorkers) master.signal('SIGTTIN')
}

async function winch({ master, random }: Stage): Promise<void> {
  master.signal('SIGWINCH')
  await sleep(random.below(1_000))
  master.signal('SIGHUP')
}

async function termWorker(stage: Stage): Promise<void> {
  const pid = pickWorker(stage)
  if (pid !== undefined) send(pid, 'SIGTERM')
}

async function killWorker(stage: Stage): Promise<void> {
  const pid = pickWorker(stage)
  if (pid === undefined) return
  stage.kills.push({ pid, at: performance.now(), clients: heldConnections(pid) })
  send(pid, 'SIGKILL')
}

/** The test goes on meanwhile. */
async function stopWorker(stage: Stage, durationMs: number): Promise<void> {
  const pid = pickWorker(stage)
  // A second stop of a worker would make a short stop long.
  if (pid === undefined || stage.stopped.has(pid)) return
  send(pid, 'SIGSTOP')
  stage.stopped.set(pid, heldConnections(pid))
  setTimeout(() => send(pid, 'SIGCONT'), durationMs).unref()
}

/** Sends a signal to a process that can have ended. */
export function send(pid: number, signal: NodeJS.Signals): void {
  if (isAlive(pid)) process.kill(pid, signal)
}

async function upgrade(stage: Stage): Promise<void> {
  const { old, successor } = await startSuccessor(stage)
  if (successor === undefined) return
  send(old, 'SIGTERM')
  await gone(old)
}

async function rollBack(stage: Stage): Promise<void> {
  const { old, successor } = await startSuccessor(stage)
  if (successor === undefined) return
  send(successor, 'SIGTERM')
  await gone(successor)
  await eventually(() => {
    if (stage.master.pid !== old) throw new Error('the pid file does not name the old master')
  }, upgradeMs)
}

interface Successor {
  readonly old: number
  /** Undefined where the old master had no workers, and refused the upgrade. */
  readonly successor: number | undefined
}

/** Starts a new master, and waits until a worker of the new master has answered. */
async function startSuccessor({ master }: Stage): Promise<Successor> {
  const old = master.pid
  const before = refusals(master)
  master.signal('SIGUSR2')
  return await eventually(async () => {
    if (refusals(master) > before) return { old, successor: undefined }
    const successor = master.pid
    const answering = await master.answeringPid()
    if (successor === old || parentOf(answering) !== successor) {
      throw new Error(`the successor of ${old} does not answer`)
    }
    return { old, successor }
  }, upgradeMs)
}

function refusals(master: ChaosMaster): number {
  return master.log().split('Cannot upgrade').length - 1
}

async function gone(pid: number): Promise<void> {
  await eventually(() => {
    if (isAlive(pid)) throw new Error(`the master ${pid} does not end`)
  }, upgradeMs)
}

function pickWorker({ master, random }: Stage): number | undefined {
  const pids = master.workers()
  const index = random.below(mostWorkers)
  return pids[index % pids.length]
}
