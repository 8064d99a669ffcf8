import { resolve } from 'node:path'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { otlpVariable } from '../config/otlp-variable.ts'
import { loadPackage, type Place } from '../files/load-package.ts'

/** OTel's OTLP exporter of any protocol. */
export interface OtlpExporter {
  /** @param done called once. `code` 0: the receiver accepted all metrics. */
  readonly export: (metrics: ResourceMetrics, done: (result: OtlpResult) => void) => void
  /** From now on, an export fails at once where the other side refuses connections. */
  readonly endAtRefusals?: () => void
}

interface OtlpResult {
  readonly code: number
  readonly error?: Error
}

/** Package of each protocol. The first is a dependency; users install the others. */
const packages = {
  'http/protobuf': '@opentelemetry/exporter-metrics-otlp-proto',
  'http/json': '@opentelemetry/exporter-metrics-otlp-http',
  grpc: '@opentelemetry/exporter-metrics-otlp-grpc',
} as const

type Protocol = keyof typeof packages

const usual = { name: '', text: 'http/protobuf' }

/**
 * Loads the exporter of the configured protocol. The exporter reads the other variables.
 * @param program the application's main file, where packages resolve.
 * @throws for a missing package, with the command to install the package.
 */
export function loadOtlpExporter(
  variables: Readonly<Record<string, string | undefined>>,
  program: string | undefined,
): OtlpExporter {
  const { name, text } = otlpVariable(variables, 'PROTOCOL') ?? usual
  const protocol = text.toLowerCase()
  if (!isProtocol(protocol)) {
    const known = Object.keys(packages).join(' or ')
    throw new Error(`${name} is ${JSON.stringify(text)}; allowed is ${known}.`)
  }
  // With `node -e`, this is the first argument instead of a path.
  const main: Place[] = program === undefined ? [] : [() => resolve(program)]
  const places = [() => import.meta.url, ...main]
  const { OTLPMetricExporter } = loadPackage(packages[protocol], places) as {
    OTLPMetricExporter: new () => OtlpExporter
  }
  return new OTLPMetricExporter()
}

function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(packages, text)
}
