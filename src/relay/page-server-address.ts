import { isIntegerBetween, isRecord } from '../support/guards.ts'

/*
 * A worker gets the page from the exporter thread by a connection on the loopback interface.
 * Megabytes over the IPC channel would block the primary's event loop, which accepts the
 * application's connections. The primary sends only the address of the page server.
 */

/** Address of the page server in the exporter thread. The token shows that the primary sent it. */
export interface PageServerAddress {
  readonly port: number
  /** 64 hexadecimal digits. */
  readonly token: string
}

/** Returns undefined for any other value. */
export function parsePageServerAddress(value: unknown): PageServerAddress | undefined {
  if (!isRecord(value)) return undefined
  const { port, token } = value
  if (!isIntegerBetween(port, 1, 65_535) || typeof token !== 'string') return undefined
  return /^[0-9a-f]{64}$/.test(token) ? { port, token } : undefined
}
