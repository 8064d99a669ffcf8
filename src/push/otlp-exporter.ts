import type * as Api from '@opentelemetry/api'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { packageOf, protocols, readProtocol } from '../config/otlp/protocol.ts'
import { loadPackage, packagePlaces, placeOf } from '../files/load-package.ts'

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
    throw new Error(`${name} is ${JSON.stringify(text)}; allowed is ${protocols.join(' or ')}.`)
  }
  const { OTLPMetricExporter } = loadPackage(packageOf(protocol), packagePlaces(program)) as {
    OTLPMetricExporter: new (config: { timeoutMillis: number }) => OtlpExporter
  }
  return new OTLPMetricExporter({ timeoutMillis: timeoutMs })
}

/**
 * The copy of `@opentelemetry/api` that the exporter uses: a copy ignores the loggers of an older
 * copy. @returns undefined without an exporter: then `loadOtlpExporter` names the missing package.
 */
export function exporterApi(
  variables: Readonly<Record<string, string | undefined>>,
  program: string | undefined,
): typeof Api | undefined {
  const { protocol } = readProtocol(variables)
  const exporter = protocol && placeOf(packageOf(protocol), packagePlaces(program))
  return exporter && (loadPackage('@opentelemetry/api', [exporter]) as typeof Api)
}
