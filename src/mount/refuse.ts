import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

/** A request to a server of the application's, of either version of HTTP. */
export type MountedRequest = IncomingMessage | Http2ServerRequest
/** Its response. */
export type MountedResponse = ServerResponse | Http2ServerResponse

/** What both kinds of response have in common. */
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
  /** A sentence, or several. */
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers a request on a server of the application's without the page. @throws where the response does. */
export function refuse(
  { method }: MountedRequest,
  response: MountedResponse,
  { status, text, headers = {} }: PageRefusal,
): void {
  const answer = response as AnyResponse
  // The application was faster.
  if (answer.headersSent || answer.writableEnded) return
  const body = `${text}\n`
  answer.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...headers,
  })
  answer.end(method === 'HEAD' ? undefined : body)
}
