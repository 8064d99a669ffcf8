import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

/** A request to the application's server, of HTTP/1 or HTTP/2. */
export type MountedRequest = IncomingMessage | Http2ServerRequest
/** A response of the application's server, of HTTP/1 or HTTP/2. */
export type MountedResponse = ServerResponse | Http2ServerResponse

/** Common functions of both kinds of response. */
export interface AnyResponse {
  readonly headersSent: boolean
  readonly writableEnded: boolean
  readonly writeHead: (status: number, headers: Record<string, string | string[]>) => unknown
  readonly write: (chunk: Buffer) => boolean
  readonly end: (text?: string) => unknown
  readonly on: (event: 'close' | 'drain', listener: () => void) => unknown
  readonly off: (event: 'close' | 'drain', listener: () => void) => unknown
  readonly destroy: () => unknown
}

export interface PageRefusal {
  readonly status: number
  /** One or more sentences. */
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** TypeScript cannot call methods of the union of both classes, because their overloads differ. */
export function anyResponse(response: MountedResponse): AnyResponse {
  return response as AnyResponse
}

/** Sends an error response instead of the page. @throws when a function of the response throws. */
export function refuse(
  { method }: MountedRequest,
  response: MountedResponse,
  { status, text, headers = {} }: PageRefusal,
): void {
  const target = anyResponse(response)
  // The application may have responded already.
  if (target.headersSent || target.writableEnded) return
  const body = `${text}\n`
  target.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...headers,
  })
  target.end(method === 'HEAD' ? undefined : body)
}
