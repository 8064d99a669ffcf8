import {
  flag,
  integer,
  list,
  optional,
  optionalPath,
  optionalSecret,
  optionalText,
  pattern,
  seconds,
} from './kind.ts'
import { peer, secretUrl } from './network-kind.ts'
import type { Secret } from './secret.ts'
import { none, type SettingTable, serviceLink } from './setting.ts'

const topic = { topic: 'Redis' } as const

/** Settings of sharing by Redis. */
export interface RedisSettingValues {
  readonly redisEnabled: boolean
  readonly redisUrl: Secret | undefined
  readonly redisHost: string
  readonly redisPort: number
  readonly redisDb: number
  readonly redisUsername: string | undefined
  readonly redisPassword: Secret | undefined
  readonly redisPasswordFile: string | undefined
  readonly redisSsl: boolean
  /** Path; undefined = the authorities that Node.js knows. */
  readonly redisSslCafile: string | undefined
  readonly redisSslCertfile: string | undefined
  readonly redisSslKeyfile: string | undefined
  /** `host:port`. */
  readonly redisClusterNodes: readonly string[]
  /** `host:port`. */
  readonly redisSentinels: readonly string[]
  readonly redisSentinelName: string | undefined
  readonly redisSentinelUsername: string | undefined
  readonly redisSentinelPassword: Secret | undefined
  readonly redisSentinelPasswordFile: string | undefined
  /** Undefined = as the servers. */
  readonly redisSentinelSsl: boolean | undefined
  readonly redisKeyPrefix: string
  readonly redisTtlSeconds: number
  readonly redisTtlDisabled: boolean
  readonly redisCollectIntervalSeconds: number
  readonly redisForwardIntervalSeconds: number
}

export const redisTable: SettingTable<RedisSettingValues> = {
  redisEnabled: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['REDIS_ENABLED'],
    keys: ['redis.enabled'],
    help: 'shares the metrics of many hosts by Redis',
  },
  redisUrl: {
    ...topic,
    kind: optional(secretUrl('redis:', 'rediss:')),
    ...none,
    env: ['REDIS_URL'],
    keys: ['redis.url'],
    flag: { name: 'redis-url', value: 'URL' },
    help: 'server, user, password, database and TLS in one; excludes the settings of these',
  },
  redisHost: {
    ...topic,
    // A name with a port would be looked up as a whole. An IPv6 address has several colons.
    kind: pattern(
      /^(?:[\w.-]+|(?=.*:.*:)[\da-f:.]+(?:%[\w.-]+)?)$/i,
      'a host name or an IP address, without a port',
    ),
    fallback: '127.0.0.1',
    env: ['REDIS_HOST'],
    keys: ['redis.host'],
    help: 'host of the server',
  },
  redisPort: {
    ...topic,
    kind: integer(1, 65_535, 'a port'),
    fallback: 6_379,
    env: ['REDIS_PORT'],
    keys: ['redis.port'],
    foreign: serviceLink,
    help: 'port of the server',
  },
  redisDb: {
    ...topic,
    kind: integer(0, 65_535),
    fallback: 0,
    env: ['REDIS_DB'],
    keys: ['redis.db'],
    help: 'number of the database',
  },
  redisUsername: {
    ...topic,
    kind: optionalText,
    ...none,
    env: ['REDIS_USERNAME'],
    keys: ['redis.username'],
    help: 'ACL user',
  },
  redisPassword: {
    ...topic,
    kind: optionalSecret,
    ...none,
    env: ['REDIS_PASSWORD'],
    keys: ['redis.password'],
    help: 'password of the user',
  },
  redisPasswordFile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['REDIS_PASSWORD_FILE'],
    keys: ['redis.password_file'],
    help: 'file with the password',
  },
  redisSsl: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['REDIS_SSL'],
    keys: ['redis.ssl'],
    help: 'TLS to the server',
  },
  redisSslCafile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['REDIS_SSL_CAFILE'],
    keys: ['redis.ssl_cafile'],
    help: 'file with authorities for the server’s certificate that Node.js does not know',
  },
  redisSslCertfile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['REDIS_SSL_CERTFILE'],
    keys: ['redis.ssl_certfile'],
    help: 'certificate of this client, PEM, with its chain',
  },
  redisSslKeyfile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['REDIS_SSL_KEYFILE'],
    keys: ['redis.ssl_keyfile'],
    help: 'private key of this certificate, PEM, without a pass phrase',
  },
  redisClusterNodes: {
    ...topic,
    kind: list(peer, 100),
    fallback: [],
    env: ['REDIS_CLUSTER_NODES'],
    keys: ['redis.cluster_nodes'],
    help: 'nodes of a Redis Cluster, `host:port`',
  },
  redisSentinels: {
    ...topic,
    kind: list(peer, 100),
    fallback: [],
    env: ['REDIS_SENTINELS'],
    keys: ['redis.sentinels'],
    help: 'Sentinels, `host:port`',
  },
  redisSentinelName: {
    ...topic,
    kind: optionalText,
    ...none,
    env: ['REDIS_SENTINEL_NAME'],
    keys: ['redis.sentinel_name'],
    help: 'name of the master that the Sentinels watch',
  },
  redisSentinelUsername: {
    ...topic,
    kind: optionalText,
    ...none,
    env: ['REDIS_SENTINEL_USERNAME'],
    keys: ['redis.sentinel_username'],
    help: 'ACL user at the Sentinels',
  },
  redisSentinelPassword: {
    ...topic,
    kind: optionalSecret,
    ...none,
    env: ['REDIS_SENTINEL_PASSWORD'],
    keys: ['redis.sentinel_password'],
    help: 'password at the Sentinels; the password of the server is not used there',
  },
  redisSentinelPasswordFile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['REDIS_SENTINEL_PASSWORD_FILE'],
    keys: ['redis.sentinel_password_file'],
    help: 'file with the password at the Sentinels',
  },
  redisSentinelSsl: {
    ...topic,
    kind: optional(flag),
    ...none,
    fallbackText: 'as the server',
    env: ['REDIS_SENTINEL_SSL'],
    keys: ['redis.sentinel_ssl'],
    help: 'TLS to the Sentinels',
  },
  redisKeyPrefix: {
    ...topic,
    kind: pattern(/^[^\s{}]{1,200}$/, 'up to 200 characters without spaces and braces'),
    fallback: 'gunicorn',
    env: ['REDIS_KEY_PREFIX'],
    keys: ['redis.key_prefix'],
    help: 'prefix of all keys',
  },
  redisTtlSeconds: {
    ...topic,
    kind: integer(1, 31_536_000),
    fallback: 300,
    env: ['REDIS_TTL_SECONDS'],
    keys: ['redis.ttl_seconds'],
    help: 'seconds after which a silent cluster disappears',
  },
  redisTtlDisabled: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['REDIS_TTL_DISABLED'],
    keys: ['redis.ttl_disabled'],
    help: 'keeps silent clusters without end',
  },
  redisCollectIntervalSeconds: {
    ...topic,
    kind: seconds(0.1),
    fallback: 1,
    env: ['REDIS_COLLECT_INTERVAL'],
    keys: ['redis.collect_interval'],
    help: 'seconds between two writes of the own state',
  },
  redisForwardIntervalSeconds: {
    ...topic,
    kind: seconds(0.1),
    fallback: 10,
    env: ['REDIS_FORWARD_INTERVAL'],
    keys: ['redis.forward_interval'],
    help: 'seconds between two snapshots for other readers',
  },
}
