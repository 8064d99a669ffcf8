import type { Settings } from '../config/settings.ts'
import { pushLimits } from '../limits/push.ts'

/** What the exporter thread has to know to push: plain values, since they cross to it. */
export interface PushSettings {
  readonly intervalMs: number
  /** The thread's whole environment: what OTel's exporters and detectors read. */
  readonly environment: Readonly<Record<string, string>>
  readonly program: Program
  /** `service.instance.id` where the environment gives none. */
  readonly instanceId: string
}

/** How the process was started: the thread sees itself as the program. */
interface Program {
  readonly argv: readonly string[]
  readonly execArgv: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** Undefined where nothing is to be pushed. */
export function pushSettings(
  { metricsExporters, metricExportIntervalMs, serviceName, resourceAttributes }: Settings,
  variables: Environment,
): PushSettings | undefined {
  if (!metricsExporters.includes('otlp')) return undefined
  const named = {
    ...otlpVariables(variables),
    OTEL_SERVICE_NAME: serviceName,
    OTEL_RESOURCE_ATTRIBUTES: resourceAttributes,
  }
  const { argv, execArgv } = process
  return {
    intervalMs: metricExportIntervalMs,
    environment: Object.fromEntries(
      Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    // Copies: an application may have put anything there, and not all of it crosses.
    program: { argv: argv.map(String), execArgv: execArgv.map(String) },
    instanceId: process.getBuiltinModule('node:crypto').randomUUID(),
  }
}

/** How long one export may take by the environment, milliseconds. */
export function exportTimeoutMs(variables: Environment): number {
  const named = setting(variables, 'TIMEOUT')
  const ms = named === undefined ? Number.NaN : Number(named)
  return Number.isFinite(ms) && ms > 0 ? ms : pushLimits.exportTimeoutMs
}

/** What the environment says for metrics, else for all signals; undefined where it is empty, as OTel has it. */
export function setting(variables: Environment, name: string): string | undefined {
  const texts = [`OTEL_EXPORTER_OTLP_METRICS_${name}`, `OTEL_EXPORTER_OTLP_${name}`].map((each) =>
    variables[each]?.trim(),
  )
  return texts.find((text) => text !== undefined && text !== '')
}

function otlpVariables(variables: Environment): Environment {
  const entries = Object.entries(variables)
  return Object.fromEntries(entries.filter(([name]) => name.startsWith('OTEL_EXPORTER_OTLP_')))
}
