import { isIntegerBetween, isRecord } from '../support/guards.ts'

/*
 * A worker has the page from the exporter thread itself, by a connection on the loopback: megabytes over
 * the IPC channel would stall the primary's event loop, which accepts the application's connections. The
 * primary tells only where the page server is.
 */

/** Where the exporter thread hands out pages, and what shows that one was told of it. */
export interface PageServerAddress {
  readonly port: number
  /** Hexadecimal. */
  readonly token: string
}

/** Returns undefined for whatever is no page server. */
export function parsePageServerAddress(value: unknown): PageServerAddress | undefined {
  if (!isRecord(value)) return undefined
  const { port, token } = value
  if (!isIntegerBetween(port, 1, 65_535) || typeof token !== 'string') return undefined
  return /^[0-9a-f]{64}$/.test(token) ? { port, token } : undefined
}
