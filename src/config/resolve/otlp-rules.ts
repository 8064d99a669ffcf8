import { readSmall } from '../../files/small-file.ts'
import { isPem, quoted } from '../../log/redact.ts'
import { otlpVariable } from '../otlp-variable.ts'
import { ignored, type Problem, wrongValue } from '../problem.ts'
import { failureOf } from './file-rules.ts'
import type { Environment } from './resolved.ts'

/**
 * Wrong variables of the OTLP exporter, as warnings: OpenTelemetry ignores a wrong variable. The
 * exporter itself reports the faults when pushes start.
 */
export function otlpWarnings(environment: Environment): Problem[] {
  const checks = Object.entries(texts).flatMap(([end, { allowed, isGood }]) => {
    const found = otlpVariable(environment, end)
    if (!found || isGood(found.text)) return []
    return [ignored(wrongValue(found.name, quoted(found.text), allowed))]
  })
  return [...checks, ...endpointWarnings(environment), ...files.flatMap(fileWarnings(environment))]
}

const texts: Record<string, { allowed: string; isGood: (text: string) => boolean }> = {
  PROTOCOL: among('http/protobuf', 'http/json', 'grpc'),
  COMPRESSION: among('gzip', 'none'),
  TEMPORALITY_PREFERENCE: among('cumulative', 'delta', 'lowmemory'),
  TIMEOUT: {
    allowed: 'a positive number of milliseconds',
    isGood: (text) => Number.isFinite(Number(text)) && Number(text) > 0,
  },
}

function among(...values: readonly string[]): (typeof texts)[string] {
  return { allowed: values.join(' or '), isGood: (text) => values.includes(text.toLowerCase()) }
}

/** gRPC takes host and port without a scheme. */
function endpointWarnings(environment: Environment): Problem[] {
  const found = otlpVariable(environment, 'ENDPOINT')
  if (!found || otlpVariable(environment, 'PROTOCOL')?.text.toLowerCase() === 'grpc') return []
  const url = URL.canParse(found.text) ? new URL(found.text) : undefined
  if (/^https?:$/.test(url?.protocol ?? '')) return []
  return [ignored(wrongValue(found.name, quoted(found.text), 'a URL of http:// or https://'))]
}

const files = ['CERTIFICATE', 'CLIENT_KEY', 'CLIENT_CERTIFICATE']

function fileWarnings(environment: Environment): (end: string) => Problem[] {
  return (end) => {
    const found = otlpVariable(environment, end)
    if (!found) return []
    const allowed = 'a file that can be read'
    if (isPem(found.text)) return [ignored(wrongValue(found.name, quoted(found.text), allowed))]
    const reason = failureOf(() => readSmall(found.text))
    if (reason === undefined) return []
    const [key, got] = [found.name, JSON.stringify(found.text)]
    return [ignored({ key, got, allowed, message: `${key} is ${got}: ${reason}.` })]
  }
}
