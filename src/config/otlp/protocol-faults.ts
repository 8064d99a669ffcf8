import { type Place, packageFailure } from '../../files/load-package.ts'
import { quoted } from '../../log/redact.ts'
import type { Variables } from '../otlp-variable.ts'
import { noValue, type Problem, wrongValue } from '../problem.ts'
import { packageOf, protocols, readProtocol } from './protocol.ts'

/**
 * An unknown protocol, or a protocol without its package.
 * @param places where packages of the application resolve.
 * @param exporters the setting that asks for OTLP, as the user wrote its name.
 */
export function protocolFaults(
  variables: Variables,
  places: readonly Place[],
  exporters: string,
): Problem[] {
  const { name, text, protocol } = readProtocol(variables)
  if (!protocol) return [wrongProtocol(name, text)]
  const failure = packageFailure(packageOf(protocol), places)
  if (!failure) return []
  // Without a variable for the protocol, the exporter itself asks for the package.
  const [key, got] = name ? [name, `is ${quoted(text)}`] : [exporters, 'has otlp']
  return [noValue(failure.code, key, `${key} ${got}: ${failure.reason}`)]
}

/** The problem of a protocol that OTLP does not have. @param name the variable. */
export function wrongProtocol(name: string, text: string): Problem {
  return wrongValue(name, quoted(text), protocols.join(' or '))
}
