import { createRequire } from 'node:module'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import { messageOf } from '../support/error-message.ts'

/** The master, as hooks see it. */
export interface HookServer {
  readonly pid: number
}

/** A worker, as hooks see it. */
export interface HookWorker {
  readonly pid: number
  /** Number of the fork, from 1: the name is gunicorn's. */
  readonly age: number
  /** Why the worker ended; set for `workerExit`. */
  readonly reason?: string | undefined
}

/** gunicorn's hooks in camel case. The module of `--hooks` exports them; the master calls them. */
export interface Hooks {
  /** Called before the first fork. */
  readonly onStarting?: (server: HookServer) => unknown
  /** Called when all workers serve for the first time. */
  readonly whenReady?: (server: HookServer) => unknown
  /** Called after a fork. */
  readonly postFork?: (server: HookServer, worker: HookWorker) => unknown
  /** Called when a worker has to end at once: the master got SIGINT or SIGQUIT. */
  readonly workerInt?: (worker: HookWorker) => unknown
  /** Called when a worker gets SIGABRT, for a blocked event loop. */
  readonly workerAbort?: (worker: HookWorker) => unknown
  /** Called after the end of a worker. */
  readonly workerExit?: (server: HookServer, worker: HookWorker) => unknown
  /** Called at the end of the master. */
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

/** Calls the operator's hooks. The errors of hooks go to the log, and change nothing. */
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
 * Loads a module of hooks: CommonJS, or an ES module without top-level await.
 * @throws when the module cannot be loaded, or when a hook is not a function.
 */
export function loadHooks(path: string | undefined): Hooks {
  if (path === undefined) return {}
  const load = createRequire(import.meta.url)
  // A reload reads a changed file again.
  Reflect.deleteProperty(load.cache, path)
  const loaded = loadModule(load, path)
  const hooks = { ...loaded.default, ...loaded }
  assertHooks(hooks, path)
  return hooks
}

function loadModule(load: NodeJS.Require, path: string): { readonly default?: Hooks } & Hooks {
  try {
    return load(path) as { readonly default?: Hooks } & Hooks
  } catch (error) {
    throw new Error(`cannot load the hooks ${path}: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * @param source where the hooks come from, for the message.
 * @throws when a hook is not a function.
 */
export function assertHooks(hooks: Hooks, source: string): void {
  for (const name of names) {
    const type = typeof hooks[name]
    if (type === 'undefined' || type === 'function') continue
    throw new TypeError(`${source}: ${name} is of type ${type}; allowed is a function.`)
  }
}
