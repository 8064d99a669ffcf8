import type { PageRequest } from '../endpoint/page-request.ts'
import { isIntegerBetween, isRecord } from '../support/guards.ts'

/** First line of the page server's response. The body follows until the end. */
export interface PageHead {
  readonly status: number
  /** An array stands for several headers of the same name. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly bodyBytes: number
}

/** Version of the request and of the head. */
const protocolVersion = 1

/** A page request with the token of the page server. */
export interface AuthorizedPageRequest {
  readonly token: string
  readonly request: PageRequest
}

export function encodePageRequest({ token, request }: AuthorizedPageRequest): string {
  return `${JSON.stringify({ version: protocolVersion, token, ...request })}\n`
}

export function encodePageHead(head: PageHead): string {
  return `${JSON.stringify({ version: protocolVersion, ...head })}\n`
}

/** @returns undefined for anything but a request of this version. */
export function parsePageRequest(line: string): AuthorizedPageRequest | undefined {
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

/** @returns undefined for anything but a head of this version. */
export function parsePageHead(line: string): PageHead | undefined {
  const { status, headers, bodyBytes } = parse(line) ?? {}
  if (
    !isIntegerBetween(status, 200, 599) ||
    !isIntegerBetween(bodyBytes, 0, Number.MAX_SAFE_INTEGER)
  ) {
    return undefined
  }
  return isHeaders(headers) ? { status, headers, bodyBytes } : undefined
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) && value['version'] === protocolVersion ? value : undefined
  } catch {
    return undefined
  }
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function isHeaders(value: unknown): value is PageHead['headers'] {
  const isText = (item: unknown): boolean => typeof item === 'string'
  const isValue = (item: unknown): boolean =>
    Array.isArray(item) ? item.every(isText) : isText(item)
  return isRecord(value) && Object.values(value).every(isValue)
}
