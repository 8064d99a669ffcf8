import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { GunicornLog } from '../../../src/log/gunicorn-log.ts'
import { HookCaller, type Hooks } from '../../../src/master/hooks/hooks.ts'
import { Master } from '../../../src/master/master.ts'
import type { RunSettings } from '../../../src/master/settings/run-settings.ts'
import { withoutCodes } from '../config/sentences.ts'
import { FakeCluster } from './fake-cluster.ts'
import { runSettings } from './run-settings.ts'

/** A real log in a temporary file. The lines have no codes. */
export function testLog(context: TestContext): { log: GunicornLog; lines: () => string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'master-log-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'log')
  const log = new GunicornLog(file, 'debug')
  const lines = (): string[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => withoutCodes(line.replace(/^\[[^\]]*\] \[\d+\] /, '')))
  return { log, lines }
}

/** Real hooks that note their calls. */
export function notingHooks(log: GunicornLog): { hooks: HookCaller; calls: unknown[][] } {
  const calls: unknown[][] = []
  const names = ['onStarting', 'whenReady', 'postFork', 'workerInt', 'workerAbort'] as const
  const all = [...names, 'workerExit', 'onExit'] as const
  const hooks: Hooks = Object.fromEntries(
    all.map((name) => [name, (...values: unknown[]) => void calls.push([name, ...values])]),
  )
  return { hooks: new HookCaller(hooks, log), calls }
}

export interface MasterBench {
  readonly master: Master
  readonly cluster: FakeCluster
  readonly lines: () => string[]
  /** Names of the called hooks. */
  readonly called: () => unknown[]
  readonly hooks: HookCaller
  readonly wanted: number[]
  readonly exitCodes: number[]
  readonly socketCalls: string[]
  readonly closing: string[]
  /** Moves clock and timers. */
  readonly pass: (ms: number) => void
  /** Moves the clock alone, as a blocked event loop does. */
  readonly block: (ms: number) => void
}

/** A master over a fake cluster, with mocked timers. */
export function masterBench(context: TestContext, given: Partial<RunSettings> = {}): MasterBench {
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] })
  const { log, lines } = testLog(context)
  const { hooks, calls } = notingHooks(log)
  const cluster = new FakeCluster()
  const [wanted, exitCodes, socketCalls]: [number[], number[], string[]] = [[], [], []]
  const closing: string[] = []
  let now = 5_000
  const master = new Master({
    cluster: cluster.asCluster(),
    settings: runSettings(given),
    hooks,
    log,
    sockets: {
      closeUnused: () => void socketCalls.push('closeUnused'),
      keepUnused: () => void socketCalls.push('keepUnused'),
      stopAccepting: () => void socketCalls.push('stopAccepting'),
      setSuccessor: (has) => void socketCalls.push(`setSuccessor ${has}`),
    },
    onWanted: (count) => void wanted.push(count),
    onClosing: () => void closing.push('closing'),
    exporter: { tellsDeaths: () => false, heldBy: undefined },
    onReopen: () => {},
    onOutcome: () => {},
    onEnd: (code) => void exitCodes.push(code),
    now: () => now,
  })
  const step = 50
  return {
    master,
    cluster,
    lines,
    called: () => calls.map(([name]) => name),
    hooks,
    wanted,
    exitCodes,
    socketCalls,
    closing,
    pass(ms) {
      for (let at = 0; at < ms; at += step) {
        const stepMs = Math.min(step, ms - at)
        now += stepMs
        context.mock.timers.tick(stepMs)
      }
    },
    block(ms) {
      now += ms
    },
  }
}
