import { integer, optionalPath, seconds } from './kind.ts'
import { none, type SettingTable } from './setting.ts'

const topic = { topic: 'The master (`run`)' } as const

/** Settings of `run`. */
export interface MasterSettings {
  readonly workers: number
  /** 0 = never. */
  readonly timeoutSeconds: number
  /** 0 = without limit. */
  readonly gracefulTimeoutSeconds: number
  readonly keepAliveSeconds: number
  /** 0 = never. */
  readonly maxRequests: number
  readonly maxRequestsJitter: number
  /** Path of the module with the operator's hooks. */
  readonly hooks: string | undefined
}

export const masterTable: SettingTable<MasterSettings> = {
  workers: {
    ...topic,
    kind: integer(1, 1_024),
    fallback: 1,
    env: ['GUNICORN_WORKERS', 'WEB_CONCURRENCY'],
    keys: ['gunicorn.workers'],
    flag: { name: 'workers', short: 'w', value: 'N' },
    help: 'number of worker processes',
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
