import type * as Api from '@opentelemetry/api'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { type OtlpProtocol, packageOf, readProtocol } from '../config/otlp/protocol.ts'
import { wrongProtocol } from '../config/otlp/protocol-faults.ts'
import { loadPackage, packagePlaces, placeOf } from '../files/load-package.ts'
import { codedError } from '../model/errors/coded-error.ts'

/** OTel's OTLP exporter of any protocol. */
export interface OtlpExporter {
  /** @param done called once. `code` 0: the receiver accepted all metrics. */
  readonly export: (metrics: ResourceMetrics, done: (result: OtlpResult) => void) => void
}

interface OtlpResult {
  readonly code: number
  readonly error?: Error
}

interface OtlpExporterOptions {
  /** The application's main file, where packages resolve. */
  readonly program: string | undefined
  /** Of a request. OTel's exporter accepts a time from its variables that no timer holds. */
  readonly timeoutMs: number
}

/**
 * Loads the exporter of the configured protocol. The exporter reads the other variables.
 * @throws for a missing package, with the command to install the package.
 */
export function loadOtlpExporter(
  variables: Readonly<Record<string, string | undefined>>,
  { program, timeoutMs }: OtlpExporterOptions,
): OtlpExporter {
  const { name, text, protocol } = readProtocol(variables)
  if (!protocol) {
    const { code, message } = wrongProtocol(name, text)
    throw codedError(code, message)
  }
  const { OTLPMetricExporter } = loadOtlpPackage(protocol, program)
  return new OTLPMetricExporter({ timeoutMillis: timeoutMs })
}

interface OtlpPackage {
  readonly OTLPMetricExporter: new (config: { timeoutMillis: number }) => OtlpExporter
}

function loadOtlpPackage(protocol: OtlpProtocol, program: string | undefined): OtlpPackage {
  return loadPackage(packageOf(protocol), packagePlaces(program)) as OtlpPackage
}

/**
 * The copy of `@opentelemetry/api` that the exporter uses: a copy ignores the loggers of an older
 * copy. @returns undefined for an unknown protocol.
 * @throws for a missing package, as `loadOtlpExporter` does.
 */
export function exporterApi(
  variables: Readonly<Record<string, string | undefined>>,
  program: string | undefined,
): typeof Api | undefined {
  const { protocol } = readProtocol(variables)
  if (!protocol) return undefined
  // The exporter goes first, so that its own fault is the one that the line names.
  loadOtlpPackage(protocol, program)
  const exporter = placeOf(packageOf(protocol), packagePlaces(program))
  return exporter && (loadPackage('@opentelemetry/api', [exporter]) as typeof Api)
}
