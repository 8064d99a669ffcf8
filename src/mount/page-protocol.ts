import type { PageRequest } from '../endpoint/page-request.ts'
import { openedLine, sealedLine } from '../relay/sealed-line.ts'
import { isIntegerBetween, isRecord } from '../support/guards.ts'

/** Head of the page server's response. The body follows until the end. */
export interface PageHead {
  readonly status: number
  /** An array stands for several headers of the same name. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly bodyBytes: number
}

/** Version of the request and of the head. */
const protocolVersion = 1

export function encodePageRequest(request: PageRequest): string {
  return JSON.stringify({ version: protocolVersion, ...request })
}

export function encodePageHead(head: PageHead): string {
  return JSON.stringify({ version: protocolVersion, ...head })
}

/** @returns undefined for anything but a request of this version. */
export function parsePageRequest(text: string): PageRequest | undefined {
  const value = parse(text)
  if (!value) return undefined
  const { method, accept, acceptEncoding, query, authorization, isCertified } = value
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (typeof query !== 'string') return undefined
  if (!isOptionalText(accept) || !isOptionalText(acceptEncoding)) return undefined
  if (!isOptionalText(authorization) || typeof isCertified !== 'boolean') return undefined
  return { method, accept, acceptEncoding, query, authorization, isCertified }
}

/** @returns undefined for anything but a head of this version. */
export function parsePageHead(text: string): PageHead | undefined {
  const { status, headers, bodyBytes } = parse(text) ?? {}
  if (
    !isIntegerBetween(status, 200, 599) ||
    !isIntegerBetween(bodyBytes, 0, Number.MAX_SAFE_INTEGER)
  ) {
    return undefined
  }
  return isHeaders(headers) ? { status, headers, bodyBytes } : undefined
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) && value['version'] === protocolVersion ? value : undefined
  } catch {
    return undefined
  }
}

/** Sends a request: the first line of a connection. */
export function requestLine(token: string, request: PageRequest): string {
  return sealedLine(encodePageRequest(request), { token, context: requestContext })
}

/** @returns undefined for anything but a request of a process with the token. */
export function openRequest(token: string, line: string): PageRequest | undefined {
  const text = openedLine(line, { token, context: requestContext })
  return text === undefined ? undefined : parsePageRequest(text)
}

/** Answers the request with this line. The body follows. */
export function headLine(token: string, head: PageHead, request: string): string {
  return sealedLine(encodePageHead(head), { token, context: request.trimEnd() })
}

/** @returns undefined for anything but the head of the answer to this request. */
export function openHead(token: string, line: string, request: string): PageHead | undefined {
  const text = openedLine(line, { token, context: request.trimEnd() })
  return text === undefined ? undefined : parsePageHead(text)
}

const requestContext = 'page request'

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function isHeaders(value: unknown): value is PageHead['headers'] {
  const isText = (item: unknown): boolean => typeof item === 'string'
  const isValue = (item: unknown): boolean =>
    Array.isArray(item) ? item.every(isText) : isText(item)
  return isRecord(value) && Object.values(value).every(isValue)
}
