import { configLimits } from '../../limits/config.ts'
import { hangStackLimits } from '../../limits/hang-stacks.ts'
import { stateLimits } from '../../limits/state.ts'
import { durationBounds } from '../../model/catalog/bounds.ts'
import { chosenRules, type MergePattern } from '../../model/merging/merge-rule.ts'
import { allowedMergeRules, parseMergeRules } from '../../model/merging/parse-merge-rules.ts'
import {
  allowedAttributePattern,
  parseAttributePattern,
} from '../../model/page/attribute-pattern.ts'
import {
  bounds,
  choice,
  flag,
  list,
  optional,
  pattern,
  refused,
  type SettingKind,
  seconds,
  secondsOrOff,
} from './kind.ts'
import { none, type SettingTable } from './setting.ts'

const topic = { topic: 'What the metrics say' } as const

/** Settings of names and labels. */
export interface MetricsSettings {
  /** `age`: `worker_<age>_<start>`; `slot`: `worker_1` to `worker_n`, reused by replacements. */
  readonly workerId: 'age' | 'slot'
  /** Keeps `worker_id` on application metrics, instead of merging them across workers. */
  readonly keepWorkerId: boolean
  /** How metrics of the application merge over workers. The first match counts. */
  readonly mergeRules: readonly MergePattern[]
  /** Time that counters and histograms of an ended worker stay on the page, seconds. */
  readonly workerRetentionSeconds: number
  /** Seconds, ascending. */
  readonly durationBuckets: readonly number[]
  /** Of the application's metrics on the page. */
  readonly metricPrefix: string | undefined
  /** A pattern of resource attributes, as `parseAttributePattern` takes it. */
  readonly resourceConstantLabels: string | undefined
  readonly withoutScopeInfo: boolean
  readonly withoutTargetInfo: boolean
  /** Whether garbage collections count. */
  readonly garbageCollections: boolean
  /** Standstill of an event loop after which its stack is taken, seconds; 0 = never. */
  readonly hangStackSeconds: number
  readonly instrumentations: readonly ('http' | 'http-client' | 'runtime-node')[]
}

/** Rules for metrics of the application, `pattern=rule`. */
const mergeRules: SettingKind<readonly MergePattern[]> = {
  allowed: allowedMergeRules,
  schema: {
    anyOf: [
      {
        type: 'object',
        additionalProperties: { enum: [...chosenRules] },
        maxProperties: configLimits.mergeRules,
      },
      { type: 'array', items: { type: 'string' }, maxItems: configLimits.mergeRules },
    ],
  },
  parse: (text) => (text === '' ? [] : (parseMergeRules(text.split(',').map(pairOf)) ?? refused)),
  shown: (rules) => rules.map(({ pattern, rule }) => `${pattern}=${rule}`).join(','),
  isList: true,
  isMap: true,
}

/** OTel's option takes any text. A prefix is the start of a name. */
const prefix = pattern(
  new RegExp(`^[a-z_][a-z0-9_]{0,${configLimits.metricPrefixChars - 1}}$`, 'i'),
  `at most ${configLimits.metricPrefixChars} letters, digits and _, with no digit first`,
)

const attributePattern: SettingKind<string> = {
  allowed: allowedAttributePattern,
  schema: { type: 'string', maxLength: configLimits.attributePatternChars },
  parse: (text) => (parseAttributePattern(text) ? text : refused),
  shown: String,
}

/** The rule follows the last `=`, because the name of a scope can have this character. */
function pairOf(item: string): readonly [pattern: string, rule: string] {
  const at = item.lastIndexOf('=')
  return at < 0 ? ['', item] : [item.slice(0, at), item.slice(at + 1)]
}

export const metricsTable: SettingTable<MetricsSettings> = {
  workerId: {
    ...topic,
    kind: choice('age', 'slot'),
    fallback: 'age',
    env: ['GUNICORN_WORKER_ID'],
    keys: ['worker_id'],
    help:
      'form of `worker_id`; `age`: `worker_<age>_<start>`; `slot`: `worker_1` to `worker_n`, ' +
      'where a replacement takes the name and its counters go on',
  },
  keepWorkerId: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['GUNICORN_KEEP_WORKER_ID'],
    keys: ['keep_worker_id'],
    help: 'keeps `worker_id` on application metrics too, instead of merging them across workers',
  },
  mergeRules: {
    ...topic,
    kind: mergeRules,
    fallback: [],
    env: ['GUNICORN_MERGE_RULES'],
    keys: ['merge_rules'],
    help:
      'how metrics of the application merge over workers, `pattern=rule`; the first pattern that ' +
      'matches the name, or `<scope>/<name>`, counts; `*` stands for any characters',
  },
  workerRetentionSeconds: {
    ...topic,
    kind: seconds(1, stateLimits.longestRetentionMs / 1_000),
    fallback: stateLimits.retentionMs / 1_000,
    env: ['PROMETHEUS_WORKER_RETENTION_SECONDS'],
    keys: ['prometheus.worker_retention_seconds'],
    help:
      'seconds for which counters and histograms of an ended worker stay on the page; use at ' +
      'least three scrape intervals',
  },
  durationBuckets: {
    ...topic,
    kind: bounds,
    fallback: durationBounds,
    env: ['GUNICORN_DURATION_BUCKETS'],
    keys: ['duration_buckets'],
    help: 'upper bounds of `gunicorn_worker_request_duration_seconds`, ascending',
  },
  metricPrefix: {
    ...topic,
    kind: optional(prefix),
    ...none,
    env: ['PROMETHEUS_PREFIX'],
    keys: ['prometheus.prefix'],
    help:
      "prefix of the application's metrics on the page: `shop` makes `shop_orders_total` of " +
      '`orders`; metrics of this package keep their names',
  },
  resourceConstantLabels: {
    ...topic,
    kind: optional(attributePattern),
    ...none,
    env: ['PROMETHEUS_WITH_RESOURCE_CONSTANT_LABELS'],
    keys: ['prometheus.with_resource_constant_labels'],
    help:
      'regular expression; resource attributes whose names match are labels of each series on ' +
      'the page',
  },
  withoutScopeInfo: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['PROMETHEUS_WITHOUT_SCOPE_INFO'],
    keys: ['prometheus.without_scope_info'],
    help: 'leaves the labels `otel_scope_*` out of the page',
  },
  withoutTargetInfo: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['PROMETHEUS_WITHOUT_TARGET_INFO'],
    keys: ['prometheus.without_target_info'],
    help: 'leaves `target_info` out of the page',
  },
  garbageCollections: {
    ...topic,
    kind: flag,
    fallback: true,
    env: ['PROMETHEUS_GARBAGE_COLLECTIONS'],
    keys: ['prometheus.garbage_collections'],
    help:
      'counts garbage collections and their seconds, for about 1 % of the CPU time of a busy ' +
      'server; `false`: no such metrics',
  },
  hangStackSeconds: {
    ...topic,
    kind: secondsOrOff(hangStackLimits.leastSeconds, hangStackLimits.mostSeconds),
    fallback: 0,
    env: ['GUNICORN_HANG_STACKS'],
    keys: ['gunicorn.hang_stacks'],
    flag: { name: 'hang-stacks', value: 'SECONDS' },
    help:
      'seconds after which the exporter takes the JavaScript stack of a blocked event loop; ' +
      '0: no stacks, and no watchdog threads',
  },
  instrumentations: {
    ...topic,
    kind: list(choice('http', 'http-client', 'runtime-node'), 3),
    fallback: [],
    env: ['GUNICORN_INSTRUMENTATIONS'],
    keys: ['instrumentations'],
    help:
      "adds OpenTelemetry's own instrumentations: `http` (servers: " +
      '`http.server.request.duration`), `http-client` (outgoing requests: ' +
      '`http.client.request.duration`) or `runtime-node` (event loop, garbage collection, heap)',
  },
}
