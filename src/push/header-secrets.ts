import { headerVariables } from '../config/otlp/header-problems.ts'
import { decodedText } from '../model/text/decoded-text.ts'
import type { PushSettings } from './push-settings.ts'

/** The values of all headers of a request, which a receiver could repeat in an answer. */
export function secretsIn(environment: PushSettings['environment']): readonly string[] {
  const headers = headerVariables.map((name) => environment[name] ?? '')
  return headers
    .join(',')
    .split(',')
    .flatMap((header) => {
      const value = header.slice(header.indexOf('=') + 1).trim()
      return value.length < shortestSecret ? [] : [value, decodedText(value) ?? value]
    })
}

/** Characters. A shorter text is no secret, and can be in any message. */
const shortestSecret = 6
