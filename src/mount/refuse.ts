import { Buffer } from 'node:buffer'

/** The used part of a request to the application's server. */
export interface MountedRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: {
    readonly accept?: string | undefined
    readonly 'accept-encoding'?: string | undefined
    readonly authorization?: string | undefined
  }
  /** Of Node; undefined for a request of the Fetch API. */
  readonly socket?: object
  /** Of HTTP/2. */
  readonly stream?: object
}

/** The common functions of a response of HTTP/1, of HTTP/2, and of a `WebResponse`. */
export interface MountedResponse {
  readonly headersSent: boolean
  readonly writableEnded: boolean
  readonly writeHead: (status: number, headers: Record<string, string | string[]>) => unknown
  readonly write: (chunk: Buffer) => boolean
  readonly end: (text?: string) => unknown
  readonly on: (event: 'close' | 'drain', listener: () => void) => unknown
  readonly off: (event: 'close' | 'drain', listener: () => void) => unknown
  readonly destroy: () => unknown
  readonly destroyed?: boolean
  /** Of HTTP/2. */
  readonly stream?: {
    readonly destroyed: boolean
    readonly close?: (code: number) => unknown
  }
}

/** A response that is closed before the call emits no 'close' event any more. */
export function isClosed({ stream, destroyed }: MountedResponse): boolean {
  return stream?.destroyed ?? destroyed === true
}

/** Breaks a response off, so that the client does not take a part of a page for the whole. */
export function breakOff(response: MountedResponse): void {
  const { stream } = response
  // Without the code, a client of HTTP/2 sees the usual end.
  if (stream?.close && !stream.destroyed) stream.close(internalError)
  else response.destroy()
}

/** INTERNAL_ERROR of HTTP/2. */
const internalError = 2

export interface PageRefusal {
  readonly status: number
  /** One or more sentences. */
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends an error response instead of the page. @throws when a function of the response throws. */
export function refuse(
  { method }: Pick<MountedRequest, 'method'>,
  response: MountedResponse,
  { status, text, headers = {} }: PageRefusal,
): void {
  // The application may have responded already.
  if (response.headersSent || response.writableEnded) return
  const body = `${text}\n`
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(method === 'HEAD' ? undefined : body)
}
