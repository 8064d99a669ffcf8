import { choice, integer, optionalPath, seconds } from './kind.ts'
import { memorySize, type WorkerCount, workerCount } from './master-kind.ts'
import { none, type SettingTable } from './setting.ts'

const topic = { topic: 'The master (`run`)' } as const

const reloadStrategies = ['all-at-once', 'one-by-one'] as const

export type ReloadStrategy = (typeof reloadStrategies)[number]

/** Settings of `run`. */
export interface MasterSettings {
  readonly workers: WorkerCount
  /** 0 = never. */
  readonly timeoutSeconds: number
  /** 0 = without limit. */
  readonly gracefulTimeoutSeconds: number
  readonly bootTimeoutSeconds: number
  readonly drainDelaySeconds: number
  readonly keepAliveSeconds: number
  /** 0 = never. */
  readonly maxRequests: number
  readonly maxRequestsJitter: number
  /** 0 = never. */
  readonly maxMemoryBytes: number
  /** 0 = without limit. */
  readonly workerConnections: number
  readonly reloadStrategy: ReloadStrategy
  /** Path of the module with the operator's hooks. */
  readonly hooks: string | undefined
}

export const masterTable: SettingTable<MasterSettings> = {
  workers: {
    ...topic,
    kind: workerCount,
    fallback: 1,
    env: ['GUNICORN_WORKERS', 'WEB_CONCURRENCY'],
    keys: ['gunicorn.workers'],
    flag: { name: 'workers', short: 'w', value: 'N' },
    help: 'number of worker processes; auto: one for each CPU of the container or the host',
  },
  timeoutSeconds: {
    ...topic,
    kind: seconds(),
    fallback: 30,
    env: ['GUNICORN_TIMEOUT'],
    keys: ['gunicorn.timeout'],
    flag: { name: 'timeout', short: 't', value: 'SECONDS' },
    help: 'seconds after which a worker with a blocked event loop is killed; 0: never',
  },
  gracefulTimeoutSeconds: {
    ...topic,
    kind: seconds(),
    fallback: 30,
    env: ['GUNICORN_GRACEFUL_TIMEOUT'],
    keys: ['gunicorn.graceful_timeout'],
    flag: { name: 'graceful-timeout', value: 'SECONDS' },
    help: 'seconds that a worker has to finish its requests; 0: without limit',
  },
  bootTimeoutSeconds: {
    ...topic,
    kind: seconds(1),
    fallback: 60,
    env: ['GUNICORN_BOOT_TIMEOUT'],
    keys: ['gunicorn.boot_timeout'],
    flag: { name: 'boot-timeout', value: 'SECONDS' },
    help: 'seconds that a new worker has to listen on the addresses of the old workers',
  },
  drainDelaySeconds: {
    ...topic,
    kind: seconds(),
    fallback: 0,
    env: ['GUNICORN_DRAIN_DELAY'],
    keys: ['gunicorn.drain_delay'],
    flag: { name: 'drain-delay', value: 'SECONDS' },
    help: 'seconds for which the master accepts connections after TERM; `/readyz` answers 503',
  },
  keepAliveSeconds: {
    ...topic,
    kind: seconds(),
    fallback: 2,
    env: ['GUNICORN_KEEPALIVE'],
    keys: ['gunicorn.keepalive'],
    flag: { name: 'keep-alive', value: 'SECONDS' },
    help: 'seconds for which an idle connection is kept',
  },
  maxRequests: {
    ...topic,
    kind: integer(0, 1e9),
    fallback: 0,
    env: ['GUNICORN_MAX_REQUESTS'],
    keys: ['gunicorn.max_requests'],
    flag: { name: 'max-requests', value: 'N' },
    help: 'requests after which a worker is replaced; 0: never',
  },
  maxRequestsJitter: {
    ...topic,
    kind: integer(0, 1e9),
    fallback: 0,
    env: ['GUNICORN_MAX_REQUESTS_JITTER'],
    keys: ['gunicorn.max_requests_jitter'],
    flag: { name: 'max-requests-jitter', value: 'N' },
    help: 'largest random number that is added to `max_requests`',
  },
  maxMemoryBytes: {
    ...topic,
    kind: memorySize,
    fallback: 0,
    env: ['GUNICORN_MAX_MEMORY'],
    keys: ['gunicorn.max_memory'],
    flag: { name: 'max-memory', value: 'BYTES' },
    help: 'resident memory above which a worker is replaced, such as 512M, at least 16M; 0: never',
  },
  workerConnections: {
    ...topic,
    kind: integer(0, 1e6),
    fallback: 0,
    env: ['GUNICORN_WORKER_CONNECTIONS'],
    keys: ['gunicorn.worker_connections'],
    flag: { name: 'worker-connections', value: 'N' },
    help: '[connections of a worker](run.md#connections-of-a-worker) at a time; 0: without limit',
  },
  reloadStrategy: {
    ...topic,
    kind: choice(...reloadStrategies),
    fallback: 'all-at-once',
    env: ['GUNICORN_RELOAD_STRATEGY'],
    keys: ['gunicorn.reload_strategy'],
    flag: { name: 'reload-strategy', value: 'STRATEGY' },
    help: 'how HUP replaces workers: all-at-once, or one-by-one, which needs less memory',
  },
  hooks: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: [],
    keys: ['hooks'],
    flag: { name: 'hooks', value: 'FILE' },
    help: 'module with functions that the master calls',
  },
}
