import type { Worker } from 'node:cluster'
import { masterLimits } from '../../limits/master.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { messageOf } from '../../support/error-message.ts'
import { withTimeLimit } from '../../support/time-limit.ts'
import { spellingOf } from './hook-spelling.ts'

/** The master, as hooks see it. */
export interface HookServer {
  readonly pid: number
}

/** The master of this process. */
export const hookServer: HookServer = { pid: process.pid }

/** A worker, as hooks see it. */
export interface HookWorker {
  readonly pid: number
  /** Number of the fork, from 1: the name is gunicorn's. */
  readonly age: number
  /** Why the worker ended; set for `workerExit` and `childExit`. */
  readonly reason?: string | undefined
}

export function hookWorkerOf({ id, process: child }: Worker): HookWorker {
  return { pid: child.pid ?? 0, age: id }
}

/** gunicorn's hooks in camel case. All of them run in the master. */
export interface Hooks {
  /** Called before the first fork. The master waits for a returned promise. */
  readonly onStarting?: (server: HookServer) => unknown
  /** Called at SIGHUP, before new workers start. */
  readonly onReload?: (server: HookServer) => unknown
  /** Called when all workers serve for the first time. */
  readonly whenReady?: (server: HookServer) => unknown
  /** Called before a fork. */
  readonly preFork?: (server: HookServer, worker: Pick<HookWorker, 'age'>) => unknown
  /** Called after a fork. */
  readonly postFork?: (server: HookServer, worker: HookWorker) => unknown
  /** Called when a worker has to end at once: the master got SIGINT or SIGQUIT. */
  readonly workerInt?: (worker: HookWorker) => unknown
  /** Called when a worker gets SIGABRT, for a blocked event loop. */
  readonly workerAbort?: (worker: HookWorker) => unknown
  /** Called after the end of a worker. */
  readonly workerExit?: (server: HookServer, worker: HookWorker) => unknown
  /** Called after the end of a worker, and after `workerExit`. */
  readonly childExit?: (server: HookServer, worker: HookWorker) => unknown
  /**
   * Called when the number of wanted workers is set: at the start, and at SIGHUP, SIGTTIN, SIGTTOU
   * and SIGWINCH. The old value is null at the start.
   */
  readonly nworkersChanged?: (
    server: HookServer,
    newValue: number,
    oldValue: number | null,
  ) => unknown
  /** Called at SIGUSR2, before the new master starts. */
  readonly preExec?: (server: HookServer) => unknown
  /** Called at the end of the master, which waits for a returned promise. */
  readonly onExit?: (server: HookServer) => unknown
}

/** In the order of a master's life. */
export const hookNames: readonly (keyof Hooks)[] = [
  'nworkersChanged',
  'onStarting',
  'preFork',
  'postFork',
  'whenReady',
  'onReload',
  'workerInt',
  'workerAbort',
  'workerExit',
  'childExit',
  'preExec',
  'onExit',
]

interface HookCallerOptions {
  /** Called for each failed, blocking or never-ending hook. */
  readonly onFault?: () => void
  /** Default: `masterLimits.hookMs`. */
  readonly timeoutMs?: number
}

/**
 * Calls the operator's hooks. A hook that fails or never ends goes to the log, is counted, and
 * changes nothing.
 */
export class HookCaller {
  readonly #hooks: Hooks
  readonly #log: GunicornLog
  readonly #onFault: () => void
  readonly #timeoutMs: number

  constructor(hooks: Hooks, log: GunicornLog, options: HookCallerOptions = {}) {
    this.#hooks = hooks
    this.#log = log
    this.#onFault = options.onFault ?? (() => {})
    this.#timeoutMs = options.timeoutMs ?? masterLimits.hookMs
  }

  /** Waits for no promise of the hook. */
  call<Name extends keyof Hooks>(
    name: Name,
    ...values: Parameters<NonNullable<Hooks[Name]>>
  ): void {
    void this.#run(name, values)
  }

  /**
   * Calls `onStarting` or `onExit`, and `done` after the hook: at once without a promise, and after
   * `masterLimits.hookMs` at the latest.
   */
  callAndWait(name: 'onStarting' | 'onExit', server: HookServer, done: () => void): void {
    const pending = this.#run(name, [server])
    if (pending === undefined) done()
    else void pending.then(done)
  }

  #run(name: keyof Hooks, values: readonly unknown[]): Promise<void> | undefined {
    const hook = this.#hooks[name] as ((...given: unknown[]) => unknown) | undefined
    if (!hook) return undefined
    const spelling = spellingOf(hook, name)
    const startedAt = performance.now()
    try {
      const result = hook(...values)
      return isPromise(result) ? this.#awaited(spelling, result) : undefined
    } catch (error) {
      this.#failed(spelling, `failed: ${messageOf(error)}`)
      return undefined
    } finally {
      const blockedMs = performance.now() - startedAt
      // Nothing can stop JavaScript that blocks its own thread, but the log can name it.
      if (blockedMs > masterLimits.blockingHookMs) {
        this.#failed(spelling, `blocked the master for ${(blockedMs / 1_000).toFixed(1)} s`)
      }
    }
  }

  async #awaited(name: string, result: PromiseLike<unknown>): Promise<void> {
    let hasEnded = false
    const ended = Promise.resolve(result)
      .catch((error: unknown) => this.#failed(name, `failed: ${messageOf(error)}`))
      .finally(() => {
        hasEnded = true
      })
    await withTimeLimit(ended, this.#timeoutMs)
    if (!hasEnded) this.#failed(name, `has not ended after ${this.#timeoutMs / 1_000} s`)
  }

  #failed(name: string, what: string): void {
    this.#log.write('error', coded('GPE_HOOK_FAILED', `The hook ${name} ${what}`))
    this.#onFault()
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value
}
