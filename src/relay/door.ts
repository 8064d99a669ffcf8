import { isRecord } from './report.ts'

/*
 * A worker has the page from the exporter thread itself, by a connection on the loopback: megabytes over
 * the IPC channel would stall the primary's event loop, which accepts the application's connections. The
 * primary tells only where the door is.
 */

/** Where the exporter thread hands out pages, and what shows that one was told of it. */
export interface Door {
  readonly port: number
  /** Hexadecimal. */
  readonly token: string
}

/** What of a request for the page its answer depends on. */
export interface PageRequest {
  readonly method: 'GET' | 'HEAD'
  readonly accept: string | undefined
  readonly acceptEncoding: string | undefined
  /** Without its question mark. */
  readonly query: string
  readonly authorization: string | undefined
  /** The client has shown a certificate that the server verified. */
  readonly isCertified: boolean
}

/** What the door says first, as one line; the body follows until the end. */
export interface DoorHead {
  readonly status: number
  /** Several values are several headers of the name. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly bodyBytes: number
}

/** Of both lines. */
const doorVersion = 1

/** A request with the token that admits it. */
export interface DoorRequest {
  readonly token: string
  readonly request: PageRequest
}

export function encodeDoorRequest({ token, request }: DoorRequest): string {
  return `${JSON.stringify({ version: doorVersion, token, ...request })}\n`
}

export function encodeDoorHead(head: DoorHead): string {
  return `${JSON.stringify({ version: doorVersion, ...head })}\n`
}

/** Returns undefined for whatever is not a request of this version. */
export function parseDoorRequest(line: string): DoorRequest | undefined {
  const value = parse(line)
  if (!value) return undefined
  const { token, method, accept, acceptEncoding, query, authorization, isCertified } = value
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (typeof token !== 'string' || typeof query !== 'string') return undefined
  if (!isOptionalText(accept) || !isOptionalText(acceptEncoding)) return undefined
  if (!isOptionalText(authorization) || typeof isCertified !== 'boolean') return undefined
  const request = { method, accept, acceptEncoding, query, authorization, isCertified } as const
  return { token, request }
}

/** Returns undefined for whatever is not a head of this version. */
export function parseDoorHead(line: string): DoorHead | undefined {
  const { status, headers, bodyBytes } = parse(line) ?? {}
  if (!isBetween(status, 200, 599) || !isBetween(bodyBytes, 0, Number.MAX_SAFE_INTEGER)) {
    return undefined
  }
  return isHeaders(headers) ? { status, headers, bodyBytes } : undefined
}

/** Returns undefined for whatever is no door. */
export function parseDoor(value: unknown): Door | undefined {
  if (!isRecord(value)) return undefined
  const { port, token } = value
  if (!isBetween(port, 1, 65_535) || typeof token !== 'string') return undefined
  return /^[0-9a-f]{64}$/.test(token) ? { port, token } : undefined
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) && value['version'] === doorVersion ? value : undefined
  } catch {
    return undefined
  }
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function isHeaders(value: unknown): value is DoorHead['headers'] {
  const isText = (item: unknown): boolean => typeof item === 'string'
  const isValue = (item: unknown): boolean =>
    Array.isArray(item) ? item.every(isText) : isText(item)
  return isRecord(value) && Object.values(value).every(isValue)
}

function isBetween(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}
