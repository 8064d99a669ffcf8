import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import type * as Api from '@opentelemetry/api'
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { redacted } from '../log/redact.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'
import { Deltas, type Temporality } from './deltas.ts'
import { loadOtlpExporter } from './otlp-exporter.ts'
import type { PushMetrics } from './push-metrics.ts'
import { detectResource } from './push-resource.ts'
import { type PushSettings, setting } from './push-settings.ts'
import { Pusher } from './pusher.ts'

export interface PushOptions {
  readonly settings: PushSettings
  readonly collect: () => readonly ScopeMetrics[]
  readonly metrics: PushMetrics
  /** Unix seconds; undefined in the first thread of the process. See `Deltas`. */
  readonly takenBefore: number | undefined
  /** Pushes begin to fail, or succeed again. */
  readonly onNotice: (text: string) => void
  /** Called with what OTel's exporter says of itself, perhaps at every push. */
  readonly onWarning: (text: string) => void
  /** Nothing will ever be pushed. */
  readonly onFault: () => void
}

export interface Push {
  /** Pushes for the last time; never rejects. */
  readonly last: () => Promise<void>
}

/** Begins to push to the OTLP endpoint that the environment names. */
export function startPush(options: PushOptions): Push {
  const ready = prepare(options)
  return {
    async last() {
      const pusher = await ready
      await pusher?.last()
    },
  }
}

async function prepare(options: PushOptions): Promise<Pusher | undefined> {
  const { settings, metrics, collect, onNotice } = options
  try {
    // The endpoint comes first: what follows reads some hundred files.
    await setImmediate()
    hearDiag(options.onWarning)
    const exporter = loadOtlpExporter(settings.environment, settings.program.argv[1])
    const resource = await detectResource(settings)
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
    options.onFault()
    onNotice(`no metrics are pushed: ${redacted(messageOf(error))}`)
    return undefined
  }
}

function deltasOf({ settings, takenBefore }: PushOptions): Deltas | undefined {
  const named = setting(settings.environment, 'TEMPORALITY_PREFERENCE')?.toLowerCase()
  // Of what it does not know, OTel's exporter itself warns.
  const temporality: Temporality = named === 'delta' || named === 'lowmemory' ? named : 'cumulative'
  return temporality === 'cumulative' ? undefined : new Deltas({ temporality, takenBefore })
}

const load = createRequire(import.meta.url)

/**
 * What OTel's exporter and detectors warn of, in this thread: a certificate that cannot be read,
 * for one.
 */
function hearDiag(onWarning: (text: string) => void): void {
  const { diag, DiagLogLevel } = load('@opentelemetry/api') as typeof Api
  const hear = (...parts: unknown[]): void => {
    onWarning(redacted(parts.filter((part) => typeof part === 'string').join(': ')))
  }
  const logger = { error: hear, warn: hear, info() {}, debug() {}, verbose() {} }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
