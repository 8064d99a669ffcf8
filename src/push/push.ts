import { setImmediate } from 'node:timers/promises'
import type * as Api from '@opentelemetry/api'
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { redacted } from '../log/redact.ts'
import { Deltas, deltaInstruments, type Temporality } from '../otel/deltas.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'
import { createRequire } from '../support/process/create-require.ts'
import { loadOtlpExporter } from './otlp-exporter.ts'
import type { PushMetrics } from './push-metrics.ts'
import { detectResource } from './push-resource.ts'
import { type PushSettings, setting, wrongVariables } from './push-settings.ts'
import { Pusher } from './pusher.ts'
import { RefusableExporter } from './refusable-exporter.ts'

export interface PushOptions {
  readonly settings: PushSettings
  readonly collect: () => readonly ScopeMetrics[]
  readonly metrics: PushMetrics
  /** Unix seconds; undefined in the first thread of the process. See `DeltasOptions`. */
  readonly takenBefore: number | undefined
  /** Pushes start to fail, or succeed again. */
  readonly onNotice: (text: string) => void
  /** Called with warnings of OTel's exporter, possibly at every push. */
  readonly onWarning: (text: string) => void
  /** Pushes are impossible, for example because a package is missing. */
  readonly onFault: () => void
}

export interface Push {
  /** Pushes a last time; never rejects. @returns why the push failed; undefined after a success. */
  readonly last: () => Promise<string | undefined>
}

/** Starts pushes to the OTLP endpoint of the environment. */
export function startPush(options: PushOptions): Push {
  const ready = prepare(options)
  return {
    async last() {
      const pusher = await ready
      return await pusher?.last()
    },
  }
}

async function prepare(options: PushOptions): Promise<Pusher | undefined> {
  const { settings, metrics, collect, onNotice } = options
  try {
    // The endpoint starts first: the packages below read hundreds of files.
    await setImmediate()
    forwardDiagnostics(options.onWarning)
    const { environment, program } = settings
    for (const text of wrongVariables(environment)) options.onWarning(text)
    const exporter = new RefusableExporter(loadOtlpExporter(environment, program.argv[1]))
    const resource = await detectResource(settings, options.onWarning)
    const reportChange = failureChanges({
      onFailing: (error) => onNotice(`metrics cannot be pushed, trying again: ${error}`),
      onRecovered: () => onNotice('metrics are pushed again'),
    })
    return new Pusher({
      intervalMs: settings.intervalMs,
      exporter,
      resource,
      collect,
      deltas: deltasOf(options),
      onPush(seconds, error) {
        metrics.add(seconds, error)
        reportChange(error)
      },
    })
  } catch (error) {
    const reason = redacted(messageOf(error))
    options.onFault()
    metrics.switchOff(reason)
    onNotice(`no metrics are pushed: ${reason}`)
    return undefined
  }
}

function deltasOf({ settings, takenBefore }: PushOptions): Deltas | undefined {
  const named = setting(settings.environment, 'TEMPORALITY_PREFERENCE')?.toLowerCase()
  // OTel's exporter warns about unknown values.
  const temporality: Temporality = named === 'delta' || named === 'lowmemory' ? named : 'cumulative'
  if (temporality === 'cumulative') return undefined
  return new Deltas({ instruments: deltaInstruments[temporality], takenBefore })
}

const load = createRequire(import.meta.url)

/**
 * Forwards warnings of OTel's exporter and detectors in this thread, for example about an
 * unreadable certificate.
 */
function forwardDiagnostics(onWarning: (text: string) => void): void {
  const { diag, DiagLogLevel } = load('@opentelemetry/api') as typeof Api
  const warn = (...parts: unknown[]): void => {
    onWarning(redacted(parts.filter((part) => typeof part === 'string').join(': ')))
  }
  const logger = { error: warn, warn, info() {}, debug() {}, verbose() {} }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
