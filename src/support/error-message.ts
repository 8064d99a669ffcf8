import { logLimits } from '../limits/log.ts'
import { isForbidden } from './error-code.ts'

/** The message of an error. A program can throw any value. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  try {
    const message: unknown = Reflect.get(error, 'message')
    if (typeof message === 'string' && message !== '') return withPermission(error, message)
    return error instanceof Error ? '' : shownObject(error)
  } catch {
    // A getter or a Proxy can throw.
    return 'an object'
  }
}

/** Node.js 20 does not name the flag of a missing permission. No version names the path. */
function withPermission(error: object, message: string): string {
  if (!isForbidden(error)) return message
  const flag = flags.get(Reflect.get(error, 'permission'))
  const resource: unknown = Reflect.get(error, 'resource')
  const path = typeof resource === 'string' && resource !== '' ? ` for ${resource}` : ''
  return flag === undefined ? message : `Node.js runs without ${flag}${path}`
}

const flags = new Map<unknown, string>([
  ['FileSystemRead', '--allow-fs-read'],
  ['FileSystemWrite', '--allow-fs-write'],
  ['ChildProcess', '--allow-child-process'],
  ['WorkerThreads', '--allow-worker'],
  ['Addon', '--allow-addons'],
  ['Net', '--allow-net'],
])

function shownObject(value: object): string {
  return (JSON.stringify(value) ?? 'an object').slice(0, logLimits.shownChars)
}

/** OpenSSL adds numbers and a place in its sources. */
export function withoutCodes(text: string): string {
  return /error:[\dA-F]+:[^:]* routines:[^:]*:([^:]+)/.exec(text)?.[1] ?? text
}
