import { createRequire } from 'node:module'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import { messageOf } from '../support/error-message.ts'

/** What hooks are told of the master. */
export interface HookServer {
  readonly pid: number
}

/** What hooks are told of a worker; `reason` once it has ended. */
export interface HookWorker {
  readonly pid: number
  /** Forks counted from 1. */
  readonly age: number
  readonly reason?: string | undefined
}

/** gunicorn's hooks, in Node's spelling: what a module named by `--hooks` may export. All run in the master. */
export interface Hooks {
  /** Before the first worker is forked. */
  readonly onStarting?: (server: HookServer) => unknown
  /** All workers listen for the first time. */
  readonly whenReady?: (server: HookServer) => unknown
  /** A worker was forked. */
  readonly postFork?: (server: HookServer, worker: HookWorker) => unknown
  /** A worker is told to end at once: SIGINT or SIGQUIT came. */
  readonly workerInt?: (worker: HookWorker) => unknown
  /** A worker gets SIGABRT: its event loop stood still for too long. */
  readonly workerAbort?: (worker: HookWorker) => unknown
  /** A worker ended. */
  readonly workerExit?: (server: HookServer, worker: HookWorker) => unknown
  /** The master ends. */
  readonly onExit?: (server: HookServer) => unknown
}

const names: readonly (keyof Hooks)[] = [
  'onStarting',
  'whenReady',
  'postFork',
  'workerInt',
  'workerAbort',
  'workerExit',
  'onExit',
]

/** Calls the operator's hooks; one that throws or rejects is logged and harms nothing. */
export class HookCaller {
  readonly #hooks: Hooks
  readonly #log: GunicornLog

  constructor(hooks: Hooks, log: GunicornLog) {
    this.#hooks = hooks
    this.#log = log
  }

  call<Name extends keyof Hooks>(
    name: Name,
    ...values: Parameters<NonNullable<Hooks[Name]>>
  ): void {
    const hook = this.#hooks[name] as ((...given: unknown[]) => unknown) | undefined
    if (!hook) return
    try {
      Promise.resolve(hook(...values)).catch((error: unknown) => this.#failed(name, error))
    } catch (error) {
      this.#failed(name, error)
    }
  }

  #failed(name: string, error: unknown): void {
    const reason = messageOf(error)
    this.#log.write('error', `The hook ${name} failed: ${reason}`)
  }
}

/**
 * Loads a module of hooks, CommonJS or ES without top-level await.
 * @throws where it cannot be loaded, or exports as a hook what is no function.
 */
export function loadHooks(path: string | undefined): Hooks {
  if (path === undefined) return {}
  const load = createRequire(import.meta.url)
  // At a reload it may have changed.
  Reflect.deleteProperty(load.cache, path)
  const loaded = load(path) as { readonly default?: Hooks } & Hooks
  const hooks = { ...loaded.default, ...loaded }
  assertHooks(hooks, path)
  return hooks
}

/**
 * @param whence who gives them, for the message.
 * @throws where one of them is no function.
 */
export function assertHooks(hooks: Hooks, whence: string): void {
  for (const name of names) {
    const type = typeof hooks[name]
    if (type === 'undefined' || type === 'function') continue
    throw new TypeError(`${whence}: ${name} is of type ${type}; allowed is a function.`)
  }
}
