import assert from 'node:assert/strict'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { exporterLimits } from '../../../src/limits/exporter.ts'
import { pushLimits } from '../../../src/limits/push.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { Deltas } from '../../../src/otel/deltas.ts'
import { toOtel } from '../../../src/otel/to-otel.ts'
import { ObservedExporter } from '../../../src/push/observed-exporter.ts'
import { loadOtlpExporter } from '../../../src/push/otlp-exporter.ts'
import { PushMetrics } from '../../../src/push/push-metrics.ts'
import { pushNotices } from '../../../src/push/push-notices.ts'
import { Pusher, type PusherLimits, type PushReport } from '../../../src/push/pusher.ts'
import type { Belongings } from '../programs/belongings.ts'

export interface PushingOptions {
  /** Address of the metrics; for gRPC, of the server. */
  readonly url: string
  readonly protocol?: 'http/protobuf' | 'http/json' | 'grpc'
  readonly metrics: () => readonly Metric[]
  /** Default: cumulative. */
  readonly isDelta?: boolean
  readonly limits?: Partial<PusherLimits>
  readonly timeoutMs?: number
  /** Timeout of OTel's exporter alone. Default: `timeoutMs`. */
  readonly otelTimeoutMs?: number
  /** Default: 10. */
  readonly intervalMs?: number
  readonly secrets?: readonly string[]
}

export interface Pushing {
  readonly pusher: Pusher
  /** The last report. */
  readonly last: () => PushReport | undefined
  /** Number of pushes. */
  readonly pushes: () => number
  /** Lines for the operator. */
  readonly lines: readonly string[]
  /** Refused points on the page, without zeros. */
  readonly refused: () => Readonly<Record<string, number>>
  readonly status: () => Readonly<Record<string, unknown>>
}

const quick: PusherLimits = {
  ...pushLimits,
  ...exporterLimits,
  pushRetryFirstMs: 10,
  pushRetryLastMs: 10,
}

const startSeconds = 1_700_000_000

/** Pushes with OTel's exporter and the parts of `src/push`. */
export function startPushing(context: Belongings, options: PushingOptions): Pushing {
  const { metrics, timeoutMs = 2_000, limits } = options
  const lines: string[] = []
  const counts = new PushMetrics()
  const notify = pushNotices((text) => lines.push(text))
  let last: PushReport | undefined
  let pushes = 0
  const exporter = new ObservedExporter({
    create: () => created(options, options.otelTimeoutMs ?? timeoutMs),
    timeoutMs,
    graceMs: 50,
    secrets: options.secrets ?? [],
  })
  const warn = (...parts: unknown[]): void => {
    if (!exporter.takesWarning(parts)) lines.push(parts.filter(isText).join(': '))
  }
  const logger = { error: warn, warn, info() {}, debug() {}, verbose() {} }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  const pusher = new Pusher({
    intervalMs: options.intervalMs ?? 10,
    limits: { ...quick, ...limits },
    exporter,
    resource: { attributes: {}, merge: (): never => assert.fail(), getRawAttributes: () => [] },
    collect: () => toOtel(metrics(), { now: Date.now(), startOf: () => startSeconds }),
    deltas: options.isDelta
      ? new Deltas({ instruments: new Set(['counter', 'histogram']), takenBefore: undefined })
      : undefined,
    onPush(report) {
      last = report
      pushes += 1
      counts.add(report)
      notify(report)
    },
  })
  context.after(async () => {
    await pusher.last()
    exporter.close()
    diag.disable()
  })
  const status = (): Readonly<Record<string, unknown>> => counts.summary()
  return {
    pusher,
    last: () => last,
    pushes: () => pushes,
    lines,
    refused: () =>
      Object.fromEntries(
        Object.entries(status()['refusedPoints'] as Record<string, number>).filter(
          ([, points]) => points > 0,
        ),
      ),
    status,
  }
}

/** OTel's exporters read their variables when they are made. */
function created({ url, protocol }: PushingOptions, timeoutMs: number) {
  const variables = {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url,
  }
  Object.assign(process.env, variables)
  try {
    const named = protocol && { OTEL_EXPORTER_OTLP_PROTOCOL: protocol }
    return loadOtlpExporter(named ?? {}, { program: undefined, timeoutMs })
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name]
  }
}

function isText(part: unknown): part is string {
  return typeof part === 'string'
}

/** Counters of one point each, `m0`, `m1` and so on, and a counter of so many points. */
export function counters(count: number, points = 0): Metric[] {
  const metric = (name: string, values: readonly number[]): Metric => ({
    descriptor: { name, kind: 'counter', unit: '', description: '', scope: 'shop' },
    points: values.map((value) => ({ attributes: { n: String(value) }, value })),
  })
  const numbers = (length: number): number[] => Array.from({ length }, (_, index) => index + 1)
  const single = numbers(count).map((_, index) => metric(`m${index}`, [1]))
  return points === 0 ? single : [...single, metric('many', numbers(points))]
}

/** Whether a line of a push matches. */
export function isLine(lines: readonly string[], pattern: RegExp): boolean {
  return lines.some((line) => pattern.test(line))
}
