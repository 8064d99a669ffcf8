import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { messageOf } from '../support/error-message.ts'
import { setting } from './push-settings.ts'

/** An OTLP exporter of OTel's, whatever its protocol. */
export interface OtlpExporter {
  /** @param done called once; `code` is 0 where the other side took it all. */
  readonly export: (metrics: ResourceMetrics, done: (result: OtlpResult) => void) => void
}

interface OtlpResult {
  readonly code: number
  readonly error?: Error
}

/** The package of each protocol by OTel's name; the first is a dependency of ours, the others the user's to install. */
const packages = {
  'http/protobuf': '@opentelemetry/exporter-metrics-otlp-proto',
  'http/json': '@opentelemetry/exporter-metrics-otlp-http',
  grpc: '@opentelemetry/exporter-metrics-otlp-grpc',
} as const

type Protocol = keyof typeof packages

/**
 * Loads the exporter that the environment asks for, which reads the rest of the environment itself.
 * @param program the application's main file, from which the user's packages can be seen.
 * @throws with what to install where the package is missing.
 */
export function loadOtlpExporter(
  variables: Readonly<Record<string, string | undefined>>,
  program: string | undefined,
): OtlpExporter {
  const protocol = setting(variables, 'PROTOCOL') ?? 'http/protobuf'
  if (!isProtocol(protocol)) {
    const known = Object.keys(packages).join(', ')
    throw new Error(`OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}; allowed is one of ${known}`)
  }
  const { OTLPMetricExporter } = load(packages[protocol], program) as {
    OTLPMetricExporter: new () => OtlpExporter
  }
  return new OTLPMetricExporter()
}

function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(packages, text)
}

function load(name: string, program: string | undefined): unknown {
  // Not always a path: behind `node -e` it is the first argument.
  const places = [import.meta.url, ...(program === undefined ? [] : [resolve(program)])]
  const loaders = places.map((place) => createRequire(place))
  const loader = loaders.find((each) => resolves(each, name))
  if (!loader) throw new Error(`the package ${name} is missing: npm install ${name}`)
  try {
    return loader(name)
  } catch (error) {
    throw new Error(`the package ${name} cannot be loaded: ${messageOf(error)}`, { cause: error })
  }
}

function resolves(loader: NodeJS.Require, name: string): boolean {
  try {
    loader.resolve(name)
    return true
  } catch {
    return false
  }
}
