import { setImmediate } from 'node:timers/promises'
import type * as Api from '@opentelemetry/api'
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { redacted } from '../log/redact.ts'
import { codeOf } from '../model/errors/coded-error.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { Deltas, deltaInstruments, type Temporality } from '../otel/deltas.ts'
import { messageOf } from '../support/error-message.ts'
import { secretsIn } from './header-secrets.ts'
import { ObservedExporter } from './observed-exporter.ts'
import { exporterApi, loadOtlpExporter } from './otlp-exporter.ts'
import type { PushMetrics } from './push-metrics.ts'
import { pushNotices } from './push-notices.ts'
import { detectResource } from './push-resource.ts'
import { type PushSettings, setting, wrongVariables } from './push-settings.ts'
import { Pusher } from './pusher.ts'

export interface PushOptions {
  readonly settings: PushSettings
  readonly collect: () => readonly ScopeMetrics[]
  readonly metrics: PushMetrics
  /** Unix seconds; undefined in the first thread of the process. See `DeltasOptions`. */
  readonly takenBefore: number | undefined
  /** Pushes start to fail, or succeed again. */
  readonly onNotice: (text: CodedText) => void
  /** Called with warnings of OTel's exporter, possibly at every push. */
  readonly onWarning: (text: CodedText) => void
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
    const exporter = observedExporter(options)
    const resource = await detectResource(settings, options.onWarning)
    const notify = pushNotices(onNotice)
    return new Pusher({
      intervalMs: settings.intervalMs,
      timeoutMs: settings.pushTimeoutMs,
      exporter,
      resource,
      collect,
      deltas: deltasOf(options),
      onPush(report) {
        metrics.add(report)
        notify(report)
      },
    })
  } catch (error) {
    const reason = redacted(messageOf(error))
    options.onFault()
    metrics.switchOff(reason)
    onNotice(coded(codeOf(error) ?? 'GPE_PUSH_OFF', `no metrics are pushed: ${reason}`))
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

function observedExporter({ settings, onWarning }: PushOptions): ObservedExporter {
  const { environment, program, timeoutMs } = settings
  const wrong = wrongVariables(environment)
  for (const text of wrong) onWarning(text)
  let exporter: ObservedExporter | undefined
  forwardDiagnostics(exporterApi(environment, program.argv[1]), (parts) => {
    if (exporter?.takesWarning(parts)) return
    // The lines above tell what OTel's exporter tells when it reads the variables.
    if ((!exporter && wrong.length > 0) || parts.some(isMisleading)) return
    const text = redacted(parts.filter((part) => typeof part === 'string').join(': '))
    onWarning(coded('GPE_PUSH_WARNING', text))
  })
  exporter = new ObservedExporter({
    create: () => loadOtlpExporter(environment, { program: program.argv[1], timeoutMs }),
    timeoutMs,
    secrets: secretsIn(environment),
  })
  return exporter
}

/** OTel's exporter of gRPC logs this warning for each authority without a client certificate. */
function isMisleading(part: unknown): boolean {
  return String(part).startsWith('Client key and certificate must both be provided')
}

/**
 * Forwards warnings of OTel's exporter and detectors in this thread, for example about an
 * unreadable certificate.
 */
function forwardDiagnostics(
  api: typeof Api | undefined,
  warn: (parts: readonly unknown[]) => void,
): void {
  if (!api) return
  const take = (...parts: unknown[]): void => warn(parts)
  const logger = { error: take, warn: take, info() {}, debug() {}, verbose() {} }
  const { diag, DiagLogLevel } = api
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
