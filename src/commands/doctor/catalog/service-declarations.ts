import type { Declaration } from './declaration.ts'

const redis = { check: 'redis', page: 'redis.md' } as const
const otlp = { check: 'otlp', page: 'otlp.md' } as const

export type ServiceFindingId =
  | 'redis-package'
  | 'redis-unreachable'
  | 'redis-denied'
  | 'redis-read-only'
  | 'redis-refuses'
  | 'redis-evicts'
  | 'redis-nearly-full'
  | 'redis-slow'
  | 'redis-clock'
  | 'otlp-setting'
  | 'otlp-doubtful'
  | 'otlp-package'
  | 'otlp-unreachable'
  | 'otlp-protocol'
  | 'otlp-tls'
  | 'otlp-credentials'
  | 'otlp-refused'

/** Findings about Redis and the receiver of OTLP. */
export const serviceDeclarations: Readonly<Record<ServiceFindingId, Declaration>> = {
  'redis-package': {
    ...redis,
    level: 'problem',
    page: 'troubleshooting.md#redis-down',
    meaning: 'The package ioredis is missing or broken.',
    remedy: 'Install the package as the finding says. `npm ci` repairs a broken package.',
  },
  'redis-unreachable': {
    ...redis,
    level: 'problem',
    page: 'troubleshooting.md#redis-down',
    meaning: 'No connection to Redis, or Redis refuses user and password.',
    remedy: 'Start Redis, or correct {settings}.',
  },
  'redis-denied': {
    ...redis,
    level: 'problem',
    page: 'redis.md#rights-of-an-acl-user',
    meaning: 'The user of Redis may not send a command that the exporter needs.',
    remedy: 'Run in redis-cli: `ACL SETUSER {user} {rights}`.',
  },
  'redis-read-only': {
    ...redis,
    level: 'problem',
    meaning: 'The server is a replica, which refuses writes.',
    remedy: 'Name the master in {settings}, or use REDIS_SENTINELS.',
  },
  'redis-refuses': {
    ...redis,
    level: 'problem',
    meaning: 'Redis refuses a write for another reason, such as a full memory.',
    remedy: 'Mend the cause that Redis names.',
  },
  'redis-evicts': {
    ...redis,
    level: 'warning',
    meaning: 'At full memory, Redis removes keys of the exporter.',
    remedy: 'Run in redis-cli: `CONFIG SET maxmemory-policy noeviction`, or raise maxmemory.',
  },
  'redis-nearly-full': {
    ...redis,
    level: 'warning',
    meaning: 'The memory of Redis is nearly full.',
    remedy: 'Raise maxmemory of Redis.',
  },
  'redis-slow': {
    ...redis,
    level: 'warning',
    meaning: 'A round trip to Redis takes longer than 100 ms.',
    remedy: 'Use a Redis near the application, or look at `SLOWLOG GET`.',
  },
  'redis-clock': {
    ...redis,
    level: 'warning',
    page: 'redis.md#limits',
    meaning: 'The clocks of this host and of Redis are more than 5 seconds apart.',
    remedy: 'Synchronise the clocks, for example with chrony: `chronyc tracking`.',
  },
  'otlp-setting': {
    ...otlp,
    level: 'problem',
    meaning: 'A variable of OTLP is wrong, so that no metrics are pushed.',
    remedy: 'Correct {key}.',
  },
  'otlp-doubtful': {
    ...otlp,
    level: 'warning',
    meaning: 'A variable of OTLP looks wrong.',
    remedy: 'Correct {key}.',
  },
  'otlp-package': {
    ...otlp,
    level: 'problem',
    page: 'troubleshooting.md#pushes-are-off',
    meaning: 'The package of the protocol is missing, broken, or of a version that does not fit.',
    remedy: 'Install the package as the finding says. `npm ci` repairs a broken package.',
  },
  'otlp-unreachable': {
    ...otlp,
    level: 'problem',
    page: 'troubleshooting.md#collector-away',
    meaning: 'The receiver of OTLP does not answer.',
    remedy: 'Start the receiver, or correct {key}.',
  },
  'otlp-protocol': {
    ...otlp,
    level: 'problem',
    meaning: 'The receiver speaks another protocol: HTTP and gRPC have different ports.',
    remedy: 'Set {key} to {protocol}, or name the other port: 4317 has gRPC, 4318 has HTTP.',
  },
  'otlp-tls': {
    ...otlp,
    level: 'problem',
    meaning: 'The receiver has no TLS and the endpoint is https://, or the other way round.',
    remedy: 'Correct the scheme of {key}, or OTEL_EXPORTER_OTLP_CERTIFICATE.',
  },
  'otlp-credentials': {
    ...otlp,
    level: 'problem',
    meaning: 'The receiver refuses the credentials.',
    remedy: 'Correct OTEL_EXPORTER_OTLP_HEADERS.',
  },
  'otlp-refused': {
    ...otlp,
    level: 'problem',
    page: 'troubleshooting.md#a-receiver-refuses-metrics',
    meaning: 'The receiver refuses an export without metrics.',
    remedy: 'Correct {key}: the path is most often /v1/metrics.',
  },
}
