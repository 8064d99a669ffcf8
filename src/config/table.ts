import { tmpdir } from 'node:os'
import { endpointLimits } from '../limits/endpoint.ts'
import { stateLimits } from '../limits/state.ts'
import { durationBounds } from '../model/catalog/bounds.ts'
import {
  address,
  bounds,
  choice,
  directory,
  flag,
  integer,
  list,
  looseChoice,
  optional,
  path,
  pattern,
  peer,
  port,
  type SettingKind,
  seconds,
  secret,
  secretUrl,
  text,
} from './kind.ts'
import type { SettingName, Settings } from './settings.ts'

/** One setting as data; documents, schema, the command line and the resolution come from it. */
export interface Setting<T = unknown> {
  readonly kind: SettingKind<T>
  readonly fallback: T
  /** The default in words, where its value does not tell. */
  readonly fallbackText?: string
  /** Environment variables, the first one that is set counts. */
  readonly env: readonly string[]
  /** Keys of the YAML file below `exporter`; one of them may be given. */
  readonly keys: readonly string[]
  readonly flag?: Flag
  /** What others set variables of the same name to: treated as unset, and told. */
  readonly foreign?: { readonly pattern: RegExp; readonly reason: string }
  readonly help: string
  /** What it belongs to: a heading in the documents. */
  readonly topic: Topic
}

/** The command line's way to say it. */
interface Flag {
  readonly name: string
  readonly short?: string
  /** What its value is, for the help. */
  readonly value: string
}

/** In the documents' order. */
export const topics = [
  'The endpoint',
  'TLS',
  'Access',
  'What the metrics say',
  'The master (`run`)',
  'Redis',
  'The sidecar (`serve`)',
  'OpenTelemetry',
] as const

export type Topic = (typeof topics)[number]

type Table = { readonly [Name in SettingName]: Setting<Settings[Name]> }

const endpoint = { topic: 'The endpoint' } as const
const tls = { topic: 'TLS' } as const
const access = { topic: 'Access' } as const
const meaning = { topic: 'What the metrics say' } as const
const master = { topic: 'The master (`run`)' } as const
const redis = { topic: 'Redis' } as const
const sidecar = { topic: 'The sidecar (`serve`)' } as const
const otel = { topic: 'OpenTelemetry', keys: [] } as const

const optionalText = optional(text)
const optionalPath = optional(path)
const optionalSecret = optional(secret)
/** What Kubernetes sets in every pod of a namespace, for each of its Services. */
const serviceLink = {
  pattern: /^(?:tcp|udp|sctp):\/\//,
  reason: 'Kubernetes sets it so for a Service of that name.',
}
const none = { fallback: undefined }

/** Every setting there is. */
export const table: Table = {
  metricsPort: {
    ...endpoint,
    kind: port,
    fallback: 9_091,
    env: ['PROMETHEUS_METRICS_PORT', 'OTEL_EXPORTER_PROMETHEUS_PORT'],
    foreign: serviceLink,
    keys: ['prometheus.metrics_port'],
    flag: { name: 'metrics-port', value: 'PORT' },
    help: 'port of the endpoint; 0: any free port',
  },
  bindAddress: {
    ...endpoint,
    kind: address,
    fallback: '0.0.0.0',
    env: ['PROMETHEUS_BIND_ADDRESS', 'OTEL_EXPORTER_PROMETHEUS_HOST'],
    keys: ['prometheus.bind_address'],
    flag: { name: 'metrics-address', value: 'ADDRESS' },
    help: 'address of the endpoint: a host name, an IPv4 or IPv6 address, or `unix:/path`, a socket that only this user can open',
  },
  pageMaxAgeSeconds: {
    ...endpoint,
    kind: seconds(0, 60),
    fallback: 1,
    env: ['PROMETHEUS_PAGE_MAX_AGE'],
    keys: ['prometheus.page_max_age'],
    help: 'seconds for which further scrapes get a rendered page; 0: only scrapes that came before the page was rendered get it',
  },
  maxConnections: {
    ...endpoint,
    kind: integer(1, 10_000),
    fallback: endpointLimits.endpointConnections,
    env: ['PROMETHEUS_MAX_CONNECTIONS'],
    keys: ['prometheus.max_connections'],
    help: 'connections that the endpoint holds open',
  },
  maxSeries: {
    ...endpoint,
    kind: integer(100, stateLimits.mostSeries),
    fallback: stateLimits.series,
    env: ['PROMETHEUS_MAX_SERIES'],
    keys: ['prometheus.max_series'],
    help: 'series on the page; more are left out and counted. Above 170,000, the exporter’s thread gets 3 KiB of heap for each',
  },
  multiprocDir: {
    ...endpoint,
    kind: directory,
    fallback: tmpdir(),
    fallbackText: "the system's temporary directory",
    env: ['PROMETHEUS_MULTIPROC_DIR'],
    keys: ['prometheus.multiproc_dir'],
    flag: { name: 'multiproc-dir', value: 'DIRECTORY' },
    help: 'directory for crash-safe counts and for last reports that are too large for the IPC channel; `off` disables both',
  },
  cleanupDbFiles: {
    ...endpoint,
    kind: flag,
    fallback: true,
    env: ['CLEANUP_DB_FILES'],
    keys: ['cleanup.db_files'],
    help: 'removes the files in `PROMETHEUS_MULTIPROC_DIR` at a clean end',
  },
  sharedDir: {
    ...endpoint,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_SHARED_DIR'],
    keys: ['prometheus.shared_dir'],
    flag: { name: 'shared-dir', value: 'DIRECTORY' },
    help: 'directory in which processes write their metrics for `serve`; they then open no endpoint',
  },
  sslEnabled: {
    ...tls,
    kind: optional(flag),
    ...none,
    fallbackText: 'whether there is a certificate',
    env: ['PROMETHEUS_SSL_ENABLED'],
    keys: ['prometheus.ssl.enabled', 'ssl.enabled'],
    help: 'TLS at the endpoint; `false` ignores the files of TLS',
  },
  sslCertfile: {
    ...tls,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_SSL_CERTFILE'],
    keys: ['prometheus.ssl.certfile', 'ssl.certfile'],
    help: 'certificate of the endpoint, PEM, with its chain; read again when it changes',
  },
  sslKeyfile: {
    ...tls,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_SSL_KEYFILE'],
    keys: ['prometheus.ssl.keyfile', 'ssl.keyfile'],
    help: 'private key of the certificate, PEM',
  },
  sslClientCafile: {
    ...tls,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_SSL_CLIENT_CAFILE'],
    keys: ['prometheus.ssl.client_cafile', 'ssl.client_cafile'],
    help: 'authorities whose client certificates are accepted, PEM',
  },
  sslClientCapath: {
    ...tls,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_SSL_CLIENT_CAPATH'],
    keys: ['prometheus.ssl.client_capath', 'ssl.client_capath'],
    help: 'directory with authorities whose client certificates are accepted, PEM',
  },
  sslClientAuthRequired: {
    ...tls,
    kind: flag,
    fallback: false,
    env: ['PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED'],
    keys: ['prometheus.ssl.client_auth_required', 'ssl.client_auth_required'],
    help: 'refuses clients without a certificate of these authorities; `false`: refuses only wrong certificates',
  },
  authUsername: {
    ...access,
    kind: optional(pattern(/^[^\0\r\n:]+$/, 'a text of one line without a colon')),
    ...none,
    env: ['PROMETHEUS_AUTH_USERNAME'],
    keys: ['prometheus.auth.username'],
    help: 'user of basic authentication',
  },
  authUsernameFile: {
    ...access,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_AUTH_USERNAME_FILE'],
    keys: ['prometheus.auth.username_file'],
    help: 'file with the user; the last line break does not count',
  },
  authPassword: {
    ...access,
    kind: optionalSecret,
    ...none,
    env: ['PROMETHEUS_AUTH_PASSWORD'],
    keys: ['prometheus.auth.password'],
    help: 'password of basic authentication',
  },
  authPasswordFile: {
    ...access,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_AUTH_PASSWORD_FILE'],
    keys: ['prometheus.auth.password_file'],
    help: 'file with the password; read again when it changes',
  },
  authBearerToken: {
    ...access,
    kind: optionalSecret,
    ...none,
    env: ['PROMETHEUS_AUTH_BEARER_TOKEN'],
    keys: ['prometheus.auth.bearer_token'],
    help: 'bearer token; with a password too, either is accepted',
  },
  authBearerTokenFile: {
    ...access,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_AUTH_BEARER_TOKEN_FILE'],
    keys: ['prometheus.auth.bearer_token_file'],
    help: 'file with the token; read again when it changes',
  },
  probesOpen: {
    ...access,
    kind: flag,
    fallback: false,
    env: ['PROMETHEUS_PROBES_OPEN'],
    keys: ['prometheus.auth.probes_open'],
    help: 'answers `/healthz` and `/readyz` without password and certificate',
  },
  workerId: {
    ...meaning,
    kind: choice('age', 'slot'),
    fallback: 'age',
    env: ['GUNICORN_WORKER_ID'],
    keys: ['worker_id'],
    help: 'form of `worker_id`; `age`: `worker_<age>_<start>`; `slot`: `worker_1` to `worker_n`, where a replacement takes the name and its counters go on',
  },
  keepWorkerId: {
    ...meaning,
    kind: flag,
    fallback: false,
    env: ['GUNICORN_KEEP_WORKER_ID'],
    keys: ['keep_worker_id'],
    help: 'keeps `worker_id` on application metrics too, instead of merging them across workers',
  },
  durationBuckets: {
    ...meaning,
    kind: bounds,
    fallback: durationBounds,
    env: ['GUNICORN_DURATION_BUCKETS'],
    keys: ['duration_buckets'],
    help: 'upper bounds of `gunicorn_worker_request_duration_seconds`, ascending',
  },
  instrumentations: {
    ...meaning,
    kind: list(choice('http', 'runtime-node'), 2),
    fallback: [],
    env: ['GUNICORN_INSTRUMENTATIONS'],
    keys: ['instrumentations'],
    help: "adds OpenTelemetry's own instrumentations: `http` (such as `http.server.request.duration`) or `runtime-node` (event loop, garbage collection, heap)",
  },
  workers: {
    ...master,
    kind: integer(1, 1_024),
    fallback: 1,
    env: ['GUNICORN_WORKERS', 'WEB_CONCURRENCY'],
    keys: ['gunicorn.workers'],
    flag: { name: 'workers', short: 'w', value: 'N' },
    help: 'number of worker processes',
  },
  timeoutSeconds: {
    ...master,
    kind: seconds(),
    fallback: 30,
    env: ['GUNICORN_TIMEOUT'],
    keys: ['gunicorn.timeout'],
    flag: { name: 'timeout', short: 't', value: 'SECONDS' },
    help: 'seconds after which a worker with a blocked event loop is killed; 0: never',
  },
  gracefulTimeoutSeconds: {
    ...master,
    kind: seconds(),
    fallback: 30,
    env: ['GUNICORN_GRACEFUL_TIMEOUT'],
    keys: ['gunicorn.graceful_timeout'],
    flag: { name: 'graceful-timeout', value: 'SECONDS' },
    help: 'seconds that a worker has to finish its requests; 0: without limit',
  },
  keepAliveSeconds: {
    ...master,
    kind: seconds(),
    fallback: 2,
    env: ['GUNICORN_KEEPALIVE'],
    keys: ['gunicorn.keepalive'],
    flag: { name: 'keep-alive', value: 'SECONDS' },
    help: 'seconds for which an idle connection is kept',
  },
  maxRequests: {
    ...master,
    kind: integer(0, 1e9),
    fallback: 0,
    env: ['GUNICORN_MAX_REQUESTS'],
    keys: ['gunicorn.max_requests'],
    flag: { name: 'max-requests', value: 'N' },
    help: 'requests after which a worker is replaced; 0: never',
  },
  maxRequestsJitter: {
    ...master,
    kind: integer(0, 1e9),
    fallback: 0,
    env: ['GUNICORN_MAX_REQUESTS_JITTER'],
    keys: ['gunicorn.max_requests_jitter'],
    flag: { name: 'max-requests-jitter', value: 'N' },
    help: 'largest random number that is added to `max_requests`',
  },
  hooks: {
    ...master,
    kind: optionalPath,
    ...none,
    env: [],
    keys: ['hooks'],
    flag: { name: 'hooks', value: 'FILE' },
    help: 'module with functions that the master calls',
  },
  redisEnabled: {
    ...redis,
    kind: flag,
    fallback: false,
    env: ['REDIS_ENABLED'],
    keys: ['redis.enabled'],
    help: 'shares the metrics of many hosts by Redis',
  },
  redisUrl: {
    ...redis,
    kind: optional(secretUrl('redis:', 'rediss:')),
    ...none,
    env: ['REDIS_URL'],
    keys: ['redis.url'],
    flag: { name: 'redis-url', value: 'URL' },
    help: 'server, user, password, database and TLS in one; excludes the settings of these',
  },
  redisHost: {
    ...redis,
    kind: pattern(/^[\w.:%-]+$/, 'a host name or an IP address'),
    fallback: '127.0.0.1',
    env: ['REDIS_HOST'],
    keys: ['redis.host'],
    help: 'host of the server',
  },
  redisPort: {
    ...redis,
    kind: integer(1, 65_535, 'a port'),
    fallback: 6_379,
    env: ['REDIS_PORT'],
    keys: ['redis.port'],
    foreign: serviceLink,
    help: 'port of the server',
  },
  redisDb: {
    ...redis,
    kind: integer(0, 65_535),
    fallback: 0,
    env: ['REDIS_DB'],
    keys: ['redis.db'],
    help: 'number of the database',
  },
  redisUsername: {
    ...redis,
    kind: optionalText,
    ...none,
    env: ['REDIS_USERNAME'],
    keys: ['redis.username'],
    help: 'ACL user',
  },
  redisPassword: {
    ...redis,
    kind: optionalSecret,
    ...none,
    env: ['REDIS_PASSWORD'],
    keys: ['redis.password'],
    help: 'password of the user',
  },
  redisPasswordFile: {
    ...redis,
    kind: optionalPath,
    ...none,
    env: ['REDIS_PASSWORD_FILE'],
    keys: ['redis.password_file'],
    help: 'file with the password',
  },
  redisSsl: {
    ...redis,
    kind: flag,
    fallback: false,
    env: ['REDIS_SSL'],
    keys: ['redis.ssl'],
    help: 'TLS to the server',
  },
  redisSslCafile: {
    ...redis,
    kind: optionalPath,
    ...none,
    env: ['REDIS_SSL_CAFILE'],
    keys: ['redis.ssl_cafile'],
    help: 'file with authorities for the server’s certificate that Node.js does not know',
  },
  redisClusterNodes: {
    ...redis,
    kind: list(peer, 100),
    fallback: [],
    env: ['REDIS_CLUSTER_NODES'],
    keys: ['redis.cluster_nodes'],
    help: 'nodes of a Redis Cluster, `host:port`',
  },
  redisSentinels: {
    ...redis,
    kind: list(peer, 100),
    fallback: [],
    env: ['REDIS_SENTINELS'],
    keys: ['redis.sentinels'],
    help: 'Sentinels, `host:port`',
  },
  redisSentinelName: {
    ...redis,
    kind: optionalText,
    ...none,
    env: ['REDIS_SENTINEL_NAME'],
    keys: ['redis.sentinel_name'],
    help: 'name of the master that the Sentinels watch',
  },
  redisKeyPrefix: {
    ...redis,
    kind: pattern(/^[^\s{}]{1,200}$/, 'up to 200 characters without spaces and braces'),
    fallback: 'gunicorn',
    env: ['REDIS_KEY_PREFIX'],
    keys: ['redis.key_prefix'],
    help: 'prefix of all keys',
  },
  redisTtlSeconds: {
    ...redis,
    kind: integer(1, 31_536_000),
    fallback: 300,
    env: ['REDIS_TTL_SECONDS'],
    keys: ['redis.ttl_seconds'],
    help: 'seconds after which a silent cluster disappears',
  },
  redisTtlDisabled: {
    ...redis,
    kind: flag,
    fallback: false,
    env: ['REDIS_TTL_DISABLED'],
    keys: ['redis.ttl_disabled'],
    help: 'keeps silent clusters without end',
  },
  redisCollectIntervalSeconds: {
    ...redis,
    kind: seconds(0.1),
    fallback: 1,
    env: ['REDIS_COLLECT_INTERVAL'],
    keys: ['redis.collect_interval'],
    help: 'seconds between two writes of the own state',
  },
  redisForwardIntervalSeconds: {
    ...redis,
    kind: seconds(0.1),
    fallback: 10,
    env: ['REDIS_FORWARD_INTERVAL'],
    keys: ['redis.forward_interval'],
    help: 'seconds between two snapshots for other readers',
  },
  sidecarMode: {
    ...sidecar,
    kind: flag,
    fallback: false,
    env: ['SIDECAR_MODE'],
    keys: ['sidecar.enabled'],
    help: 'makes `PROMETHEUS_MULTIPROC_DIR` the shared directory, and `serve` the command without arguments',
  },
  sidecarUpdateIntervalSeconds: {
    ...sidecar,
    kind: seconds(0.1),
    fallback: 30,
    env: ['SIDECAR_UPDATE_INTERVAL'],
    keys: ['sidecar.update_interval'],
    flag: { name: 'update-interval', value: 'SECONDS' },
    help: 'seconds between two measurements of the size of the shared directory; its content is read every second, Redis every `REDIS_COLLECT_INTERVAL`',
  },
  serviceName: {
    ...otel,
    kind: optionalText,
    ...none,
    env: ['OTEL_SERVICE_NAME'],
    help: '`service.name` of the resource',
  },
  resourceAttributes: {
    ...otel,
    kind: optionalText,
    ...none,
    env: ['OTEL_RESOURCE_ATTRIBUTES'],
    help: 'attributes of the resource, `key=value,…`',
  },
  metricsExporters: {
    ...otel,
    kind: list(choice('prometheus', 'otlp', 'console', 'none'), 4),
    fallback: ['prometheus'],
    env: ['OTEL_METRICS_EXPORTER'],
    help: 'exporters: `prometheus`, `otlp` or both; `none` switches everything off; `console` is ignored',
  },
  enabledInstrumentations: {
    ...otel,
    kind: list(pattern(/^[\w-]+$/, 'a name'), 100),
    fallback: [],
    env: ['OTEL_NODE_ENABLED_INSTRUMENTATIONS'],
    help: "instrumentations; `http` and `runtime-node` have the effect of `GUNICORN_INSTRUMENTATIONS`, other names are for OpenTelemetry's own preload",
  },
  histogramAggregation: {
    ...otel,
    kind: looseChoice('explicit_bucket_histogram', 'base2_exponential_bucket_histogram'),
    fallback: 'explicit_bucket_histogram',
    env: ['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'],
    help: "aggregation of the application's histograms in the preload's MeterProvider",
  },
  metricExportIntervalMs: {
    ...otel,
    kind: integer(100, 86_400_000),
    fallback: 60_000,
    env: ['OTEL_METRIC_EXPORT_INTERVAL'],
    help: 'milliseconds between two OTLP pushes',
  },
  logLevel: {
    ...otel,
    kind: looseChoice('none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'),
    fallback: 'warn',
    env: ['OTEL_LOG_LEVEL'],
    help: 'least important level of our messages that reaches stderr',
  },
  sdkDisabled: {
    ...otel,
    kind: flag,
    fallback: false,
    env: ['OTEL_SDK_DISABLED'],
    help: 'switches everything off',
  },
}

export const settingNames: readonly SettingName[] = Object.keys(table) as SettingName[]
