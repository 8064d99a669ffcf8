import type { Variables } from '../otlp-variable.ts'
import type { Problem } from '../problem.ts'
import { noProblems, type Problems } from '../problems.ts'
import { readProtocol } from './protocol.ts'

/**
 * Headers that OTel leaves out without a message, and headers that no request can have. Messages
 * show no text of a header: the text can be a secret.
 */
export function headerProblems(variables: Variables): Problems {
  const values = readProtocol(variables).protocol === 'grpc' ? metadataValue : headerValue
  const faults = names.flatMap((name) => {
    const entries = (variables[name] ?? '').split(',')
    return entries.flatMap((entry, index) => {
      const reason = entry.trim() === '' ? undefined : faultOf(entry, values)
      return reason === undefined ? [] : [problem(name, index + 1, reason)]
    })
  })
  return { ...noProblems, faults }
}

const names = ['OTEL_EXPORTER_OTLP_METRICS_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS']

/** What Node.js and gRPC allow in a value. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/
const metadataValue = /^[\x20-\x7e]*$/
const token = /^[\w!#$%&'*+.^`|~-]+$/

/** Reads an entry as OTel does. */
function faultOf(entry: string, values: RegExp): string | undefined {
  const [pair = ''] = entry.split(';')
  if (pair !== entry) return 'has a ";", and OpenTelemetry leaves out the rest'
  const at = pair.indexOf('=')
  const [key, value] = [pair.slice(0, Math.max(0, at)), pair.slice(at + 1)].map(decoded)
  if (at < 0) return 'has no "=", and OpenTelemetry leaves the header out'
  if (key === undefined || value === undefined) {
    return 'is not in percent-encoding, and OpenTelemetry leaves the header out'
  }
  if (key === '') return 'has no name, and OpenTelemetry leaves the header out'
  if (value === '') return 'has no value, and OpenTelemetry leaves the header out'
  if (!token.test(key)) return 'has a name that no header can have'
  return values.test(value) ? undefined : 'has a character that no header can have'
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim())
  } catch {
    return undefined
  }
}

function problem(key: string, number: number, reason: string): Problem {
  const got = 'not shown (it can contain a secret)'
  const allowed = 'name=value,… in percent-encoding'
  return { key, got, allowed, message: `Entry ${number} of ${key} ${reason}.` }
}
