import { decodedText } from '../../model/text/decoded-text.ts'
import type { Variables } from '../otlp-variable.ts'
import type { Problem } from '../problem.ts'
import { noProblems, type Problems } from '../problems.ts'
import { readProtocol } from './protocol.ts'

/**
 * Headers that OTel leaves out without a message, and headers that no request can have. Messages
 * show no text of a header: the text can be a secret.
 */
export function headerProblems(variables: Variables): Problems {
  const rules = readProtocol(variables).protocol === 'grpc' ? grpcRules : httpRules
  const faults = headerVariables.flatMap((name) => {
    const entries = (variables[name] ?? '').split(',')
    return entries.flatMap((entry, index) => {
      const reason = entry.trim() === '' ? undefined : faultOf(entry, rules)
      return reason === undefined ? [] : [problem(name, index + 1, reason)]
    })
  })
  return { ...noProblems, faults }
}

/** A request has the headers of both variables. */
export const headerVariables: readonly string[] = [
  'OTEL_EXPORTER_OTLP_METRICS_HEADERS',
  'OTEL_EXPORTER_OTLP_HEADERS',
]

interface HeaderRules {
  /** What Node.js and gRPC allow in a value. */
  readonly values: RegExp
  /** Headers that describe the body or the connection. With a wrong value, each request fails. */
  readonly ownNames: RegExp
}

const httpRules: HeaderRules = {
  values: /^[\t\x20-\x7e\x80-\xff]*$/,
  ownNames: /^(?:content-length|content-encoding|transfer-encoding)$/i,
}
/** HTTP/2 forbids headers of the connection: streams with such a header fail. */
const grpcRules: HeaderRules = {
  values: /^[\x20-\x7e]*$/,
  ownNames: /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade)$/i,
}
/** gRPC takes bytes for these names only. With a text, no exporter starts. */
const binaryName = /-bin$/i
const token = /^[\w!#$%&'*+.^`|~-]+$/

/** Reads an entry as OTel does. */
function faultOf(entry: string, rules: HeaderRules): string | undefined {
  const [pair = ''] = entry.split(';')
  if (pair !== entry) return 'has a ";", and OpenTelemetry leaves out the rest'
  const at = pair.indexOf('=')
  const [key, value] = [pair.slice(0, Math.max(0, at)), pair.slice(at + 1)].map((part) =>
    decodedText(part.trim()),
  )
  if (at < 0) return 'has no "=", and OpenTelemetry leaves the header out'
  if (key === undefined || value === undefined) {
    return 'is not in percent-encoding, and OpenTelemetry leaves the header out'
  }
  if (key === '') return 'has no name, and OpenTelemetry leaves the header out'
  if (value === '') return 'has no value, and OpenTelemetry leaves the header out'
  return rejection([key, value], rules)
}

/** The reason for which Node.js, gRPC or the receiver rejects each request with the header. */
function rejection(
  [key, value]: readonly [string, string],
  rules: HeaderRules,
): string | undefined {
  if (!token.test(key)) return 'has a name that no header can have'
  if (!rules.values.test(value)) return 'has a character that no header can have'
  if (rules.ownNames.test(key)) return 'has a header of the connection or of the body'
  const isBinary = rules === grpcRules && binaryName.test(key)
  return isBinary ? 'has a name that ends in "-bin", which gRPC keeps for bytes' : undefined
}

function problem(key: string, number: number, reason: string): Problem {
  const got = 'not shown (it can contain a secret)'
  const allowed = 'name=value,… in percent-encoding'
  return {
    code: 'GPE_SETTING_OTLP',
    key,
    got,
    allowed,
    message: `Entry ${number} of ${key} ${reason}.`,
  }
}
