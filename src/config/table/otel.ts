import {
  choice,
  flag,
  integer,
  isWord,
  list,
  optional,
  optionalText,
  pattern,
  refused,
  type SettingKind,
} from './kind.ts'
import { parseAttributes, wrongAttribute } from './resource-attributes.ts'
import { none, type SettingTable } from './setting.ts'

const topic = { topic: 'OpenTelemetry', keys: [] } as const

/** OTel's own SDK reads this variable too. */
const otelExporterVariable = 'OTEL_METRICS_EXPORTER'

/** The names of OpenTelemetry's own preload. */
type Detector =
  | ('env' | 'host' | 'os' | 'process' | 'serviceinstance')
  | ('container' | 'alibaba' | 'aws' | 'azure' | 'gcp')
  | ('all' | 'none')

/** OpenTelemetry's variables. */
export interface OtelSettings {
  readonly serviceName: string | undefined
  readonly resourceAttributes: string | undefined
  readonly nodeName: string | undefined
  readonly metricsExporters: readonly ('prometheus' | 'otlp' | 'none')[]
  /** Names for OpenTelemetry's own preload. The package also starts `http` and `runtime-node`. */
  readonly enabledInstrumentations: readonly string[]
  readonly disabledInstrumentations: readonly string[]
  /** Aggregation of histograms without a View. */
  readonly histogramAggregation: 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram'
  readonly metricExportIntervalMs: number
  /** Of a push and of each request; undefined = the timeout of OTLP for each request. */
  readonly metricExportTimeoutMs: number | undefined
  readonly resourceDetectors: readonly Detector[]
  readonly logLevel: 'none' | 'error' | 'warn' | 'info' | 'debug' | 'verbose' | 'all'
  readonly sdkDisabled: boolean
}

/** If one entry is wrong, OTel itself ignores the whole text. */
const attributes: SettingKind<string> = {
  allowed: 'key=value,… in percent-encoding, each key and value with at most 255 characters',
  schema: { type: 'string' },
  parse: (text) => (/[\0\r\n]/.test(text) || !parseAttributes(text) ? refused : text),
  shown: String,
  wrongPart: (text) => {
    const wrong = wrongAttribute(text)
    const consequence = 'One wrong pair discards all pairs.'
    return wrong && { part: wrong.entry, reason: `${wrong.reason}. ${consequence}` }
  },
}

const detector: SettingKind<Detector> = choice(
  ...(['env', 'host', 'os', 'process', 'serviceinstance', 'container'] as const),
  ...(['alibaba', 'aws', 'azure', 'gcp', 'all', 'none'] as const),
)

/** As OTel specifies, no other word is true: OTel's own SDK goes on with `1`. */
const otelFlag: SettingKind<boolean> = {
  ...flag,
  parse: (text) => (/^(?:true|false)$/i.test(text) ? isWord(text, 'true') : refused),
}

export const otelTable: SettingTable<OtelSettings> = {
  serviceName: {
    ...topic,
    kind: optionalText,
    ...none,
    env: ['OTEL_SERVICE_NAME'],
    help: '`service.name` of the resource',
  },
  resourceAttributes: {
    ...topic,
    kind: optional(attributes),
    ...none,
    env: ['OTEL_RESOURCE_ATTRIBUTES'],
    help: 'attributes of the resource, `key=value,…`',
  },
  nodeName: {
    ...topic,
    kind: optionalText,
    ...none,
    env: ['NODE_NAME'],
    help:
      '`k8s.node.name` of the resource: the Kubernetes node of a DaemonSet ' +
      '(`fieldRef: spec.nodeName`)',
  },
  metricsExporters: {
    ...topic,
    kind: list(choice('prometheus', 'otlp', 'none'), 4),
    fallback: ['prometheus'],
    env: ['GUNICORN_METRICS_EXPORTER', otelExporterVariable],
    sharedEnv: [otelExporterVariable],
    keys: ['metrics_exporter'],
    help:
      'exporters of this package: `prometheus`, `otlp` or both; `none` switches everything off. ' +
      "OpenTelemetry's own SDK reads the second variable too; the first variable and the key of " +
      'the file win over it',
  },
  enabledInstrumentations: {
    ...topic,
    kind: list(pattern(/^[\w-]+$/, 'a name'), 100),
    fallback: [],
    env: ['OTEL_NODE_ENABLED_INSTRUMENTATIONS'],
    help:
      'instrumentations; `http` (servers only) and `runtime-node` have the effect of ' +
      "`GUNICORN_INSTRUMENTATIONS`, other names are for OpenTelemetry's own preload",
  },
  disabledInstrumentations: {
    ...topic,
    kind: list(pattern(/^[\w-]+$/, 'a name'), 100),
    fallback: [],
    env: ['OTEL_NODE_DISABLED_INSTRUMENTATIONS'],
    help:
      'names that do not count in `OTEL_NODE_ENABLED_INSTRUMENTATIONS`; ' +
      '`GUNICORN_INSTRUMENTATIONS` is not affected',
  },
  histogramAggregation: {
    ...topic,
    kind: choice('explicit_bucket_histogram', 'base2_exponential_bucket_histogram'),
    fallback: 'explicit_bucket_histogram',
    env: ['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'],
    help: "aggregation of the application's histograms in the preload's MeterProvider",
  },
  metricExportIntervalMs: {
    ...topic,
    kind: integer(100, 86_400_000),
    fallback: 60_000,
    env: ['OTEL_METRIC_EXPORT_INTERVAL'],
    help: 'milliseconds between two OTLP pushes',
  },
  metricExportTimeoutMs: {
    ...topic,
    kind: optional(integer(1, 86_400_000)),
    ...none,
    env: ['OTEL_METRIC_EXPORT_TIMEOUT'],
    help: 'milliseconds after which an OTLP push sends no further request, and a request fails',
  },
  resourceDetectors: {
    ...topic,
    kind: list(detector, 12),
    fallback: ['host', 'os', 'process', 'env'],
    env: ['OTEL_NODE_RESOURCE_DETECTORS'],
    help:
      'detectors of the resource of OTLP pushes; `container`, `alibaba`, `aws`, `azure` and ' +
      '`gcp` need [a package](otlp.md#the-resource). The environment always counts',
  },
  logLevel: {
    ...topic,
    kind: choice('none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'),
    fallback: 'warn',
    env: ['OTEL_LOG_LEVEL'],
    help: 'least important level of our messages that reaches stderr',
  },
  sdkDisabled: {
    ...topic,
    kind: otelFlag,
    fallback: false,
    env: ['OTEL_SDK_DISABLED'],
    help: 'switches everything off',
  },
}
