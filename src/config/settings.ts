import type { Secret } from './secret.ts'

/** How much of what the exporter has to say reaches stderr, as OTel names it. */
export type DiagLevel = 'none' | 'error' | 'warn' | 'info' | 'debug' | 'verbose' | 'all'

/** An instrumentation of OTel's own that can be added. */
export type OtelInstrumentationName = 'http' | 'runtime-node'

/**
 * The resolved configuration, read-only. What each means, its variable and its key are in
 * `docs/configuration.md`, which comes from the same table.
 */
export interface Settings {
  /** 0 = any free port. */
  readonly metricsPort: number
  /** Host name, IP address, or `unix:/path`. */
  readonly bindAddress: string
  /** Directory for what must survive a worker; undefined = off. */
  readonly multiprocDir: string | undefined
  readonly cleanupDbFiles: boolean
  /** Directory through which processes are shown by a sidecar, instead of an endpoint of their own; undefined = none. */
  readonly sharedDir: string | undefined
  /** Undefined = as the files say. */
  readonly sslEnabled: boolean | undefined
  readonly sslCertfile: string | undefined
  readonly sslKeyfile: string | undefined
  readonly sslClientCafile: string | undefined
  readonly sslClientCapath: string | undefined
  readonly sslClientAuthRequired: boolean
  readonly authUsername: string | undefined
  readonly authUsernameFile: string | undefined
  readonly authPassword: Secret | undefined
  readonly authPasswordFile: string | undefined
  readonly authBearerToken: Secret | undefined
  readonly authBearerTokenFile: string | undefined
  /** `/healthz` and `/readyz` need neither certificate nor password. */
  readonly probesOpen: boolean
  /** 0 = never older than the request. */
  readonly pageMaxAgeSeconds: number
  readonly maxConnections: number
  /** Series on the page, over all sources. */
  readonly maxSeries: number
  /** `age`: `worker_<age>_<start>`; `slot`: `worker_1 … worker_n`, reused by replacements. */
  readonly workerId: 'age' | 'slot'
  /** Keeps `worker_id` on application metrics too instead of merging them across workers. */
  readonly keepWorkerId: boolean
  /** Seconds, ascending. */
  readonly durationBuckets: readonly number[]
  readonly instrumentations: readonly OtelInstrumentationName[]
  /** As OTel's preload understands it: others than ours are somebody else's. */
  readonly enabledInstrumentations: readonly string[]
  readonly workers: number
  /** 0 = never. */
  readonly timeoutSeconds: number
  /** 0 = as long as it takes. */
  readonly gracefulTimeoutSeconds: number
  readonly keepAliveSeconds: number
  /** 0 = never. */
  readonly maxRequests: number
  readonly maxRequestsJitter: number
  /** Path of the module with the operator's hooks. */
  readonly hooks: string | undefined
  readonly redisEnabled: boolean
  readonly redisUrl: Secret | undefined
  readonly redisHost: string
  readonly redisPort: number
  readonly redisDb: number
  readonly redisUsername: string | undefined
  readonly redisPassword: Secret | undefined
  readonly redisPasswordFile: string | undefined
  readonly redisSsl: boolean
  /** Path; undefined = the authorities that Node knows. */
  readonly redisSslCafile: string | undefined
  /** `host:port`. */
  readonly redisClusterNodes: readonly string[]
  /** `host:port`. */
  readonly redisSentinels: readonly string[]
  readonly redisSentinelName: string | undefined
  readonly redisKeyPrefix: string
  readonly redisTtlSeconds: number
  readonly redisTtlDisabled: boolean
  readonly redisCollectIntervalSeconds: number
  readonly redisForwardIntervalSeconds: number
  readonly sidecarMode: boolean
  readonly sidecarUpdateIntervalSeconds: number
  readonly serviceName: string | undefined
  readonly resourceAttributes: string | undefined
  readonly metricsExporters: readonly ('prometheus' | 'otlp' | 'console' | 'none')[]
  readonly metricExportIntervalMs: number
  /** What becomes of histograms without Views. */
  readonly histogramAggregation: 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram'
  readonly logLevel: DiagLevel
  readonly sdkDisabled: boolean
}

export type SettingName = keyof Settings

/** Those that are asked for, in either way. */
export function otelInstrumentationsOf(settings: Settings): readonly OtelInstrumentationName[] {
  const { instrumentations, enabledInstrumentations } = settings
  const asked = [...instrumentations, ...enabledInstrumentations]
  return (['http', 'runtime-node'] as const).filter((name) => asked.includes(name))
}

/** Whether anything is to be collected at all. */
export function isOn({ sdkDisabled, metricsExporters }: Settings): boolean {
  return !(sdkDisabled || metricsExporters.includes('none'))
}
