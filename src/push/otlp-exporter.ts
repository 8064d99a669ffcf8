import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { packageOf, protocols, readProtocol } from '../config/otlp/protocol.ts'
import { loadPackage } from '../files/load-package.ts'
import { applicationPlaces } from './application-places.ts'

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
  const { OTLPMetricExporter } = loadPackage(packageOf(protocol), applicationPlaces(program)) as {
    OTLPMetricExporter: new (config: { timeoutMillis: number }) => OtlpExporter
  }
  return new OTLPMetricExporter({ timeoutMillis: timeoutMs })
}
