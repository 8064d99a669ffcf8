import { otlpVariable, type Variables } from '../otlp-variable.ts'

/** Package of each protocol. Users install the packages. */
const packages = {
  'http/protobuf': '@opentelemetry/exporter-metrics-otlp-proto',
  'http/json': '@opentelemetry/exporter-metrics-otlp-http',
  grpc: '@opentelemetry/exporter-metrics-otlp-grpc',
} as const

export type OtlpProtocol = keyof typeof packages

/** The protocol of the environment, and the variable that names the protocol. */
export interface ProtocolReading {
  readonly name: string
  readonly text: string
  /** Undefined for an unknown protocol. */
  readonly protocol: OtlpProtocol | undefined
}

export const protocols: readonly string[] = Object.keys(packages)

const usual = { name: '', text: 'http/protobuf' }

export function readProtocol(variables: Variables): ProtocolReading {
  const { name, text } = otlpVariable(variables, 'PROTOCOL') ?? usual
  const protocol = text.toLowerCase()
  return { name, text, protocol: isProtocol(protocol) ? protocol : undefined }
}

export function packageOf(protocol: OtlpProtocol): string {
  return packages[protocol]
}

function isProtocol(text: string): text is OtlpProtocol {
  return Object.hasOwn(packages, text)
}
