import { logLimits } from '../limits/log.ts'

/** The message of an error. A program can throw any value. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  try {
    const message: unknown = Reflect.get(error, 'message')
    if (typeof message === 'string' && message !== '') return message
    return error instanceof Error ? '' : shownObject(error)
  } catch {
    // A getter or a Proxy can throw.
    return 'an object'
  }
}

function shownObject(value: object): string {
  return (JSON.stringify(value) ?? 'an object').slice(0, logLimits.shownChars)
}
