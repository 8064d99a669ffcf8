import { isRecord } from '../support/guards.ts'

/**
 * The variables in `pm2_env`. PM2's cluster mode passes the whole environment of a worker as JSON
 * in this one variable. PM2's own code sets the variables after the preload, and removes `pm2_env`.
 */
export function pm2Variables(text: string): Record<string, string> {
  const entries = Object.entries(parsed(text)).flatMap(([name, value]) =>
    isPlain(value) ? [[name, String(value)] as const] : [],
  )
  return Object.fromEntries(entries)
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}
