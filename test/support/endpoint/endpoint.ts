import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { type RequestOptions, request as requestTls } from 'node:https'
import { connect, type Socket } from 'node:net'
import { afterEach } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Access } from '../../../src/endpoint/access.ts'
import type { Address } from '../../../src/endpoint/bind/address.ts'
import {
  type Endpoint,
  type EndpointOptions,
  serveEndpoint,
} from '../../../src/endpoint/endpoint.ts'
import type { EndpointNames } from '../../../src/endpoint/names.ts'
import { isInParts, type ResponseBody } from '../../../src/endpoint/response.ts'
import type { Page } from '../../../src/exposition/page.ts'
import { type EndpointLimits, endpointLimits } from '../../../src/limits/endpoint.ts'
import type { InParts } from '../../../src/model/page/in-parts.ts'

/* An endpoint in this process with its own page. Each test closes its endpoints at the end. */

export const page: string = `# HELP größe Of the page.\n${'größe 1\n'.repeat(1_000)}`
export const status: string = '{"workers":[{"workerId":"größe"}],"deaths":[]}'
/** Access without credentials. */
export const unlocked: Access = { basic: undefined, bearer: undefined, probesOpen: false }

/** Limits of a test: polls and retries are 100 times as frequent. */
export const quick: EndpointLimits = {
  ...endpointLimits,
  filePollMs: endpointLimits.filePollMs / 100,
  fileSettleMs: endpointLimits.fileSettleMs / 20,
  socketProbeMs: endpointLimits.socketProbeMs / 10,
  bindRetryFirstMs: endpointLimits.bindRetryFirstMs / 100,
  bindRetryLastMs: endpointLimits.bindRetryLastMs / 100,
}

/** Names of settings in messages. */
export const names: EndpointNames = {
  port: 'PORT',
  address: 'ADDRESS',
  tls: ['CERTFILE', 'KEYFILE'],
  secrets: ['PASSWORD_FILE'],
}

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

export interface Served {
  readonly url: string
  /** 0 on a unix socket. */
  readonly port: number
  /** Status of each response to a page request. */
  readonly scrapes: readonly number[]
  readonly close: () => void
}

/** Starts an endpoint and waits until it listens. */
export async function serve(options: Partial<EndpointOptions> = {}): Promise<Served> {
  const scrapes: number[] = []
  const onScrape = (status: number): void => void scrapes.push(status)
  let close = (): void => {}
  const url = await new Promise<string>((resolve) => {
    close = start({ onBound: resolve, onScrape, ...options }).close
  })
  return { url, port: Number(new URL(url).port), scrapes, close }
}

export function start(options: Partial<EndpointOptions>): Endpoint {
  const endpoint = serveEndpoint({
    address: at(0),
    names,
    isBound: true,
    tls: undefined,
    access: unlocked,
    limits: quick,
    maxConnections: endpointLimits.endpointConnections,
    pageMaxAgeMs: 0,
    page: () => pageOf(page),
    status: () => status,
    readiness: () => ({ isReady: true, text: 'Listening: 1 of 1 workers.' }),
    onScrape: () => {},
    onBound: () => {},
    onBindFailed: () => {},
    onFiles: () => {},
    onCertificate: () => {},
    onDropped: () => {},
    ...options,
  })
  stops.push(endpoint.close)
  return endpoint
}

export function at(port: number): Address {
  return { kind: 'tcp', host: '127.0.0.1', port }
}

/** Renders a page without families, so that a selection of names is empty. */
export function pageOf(text: string, omitted: Partial<Page> = {}): InParts<Page> {
  return rendering({
    families: [],
    end: Buffer.from(text),
    clashes: [],
    twins: 0,
    shed: [],
    ...omitted,
  })
}

/** The bytes of a response. */
export function wholeOf(body: ResponseBody): Buffer {
  return isInParts(body) ? Buffer.concat(body.parts) : Buffer.from(body)
}

/** A page as the result of a job with several parts. */
export function* rendering(page: Page): InParts<Page> {
  yield
  yield
  return page
}

/** A connection without a request yet. Its errors are ignored. */
export async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** Sends one request, by default for the page; over TLS when an authority is given. */
export async function ask(port: number, options: RequestOptions = {}): Promise<Answer> {
  const send = options.ca === undefined ? request : requestTls
  const asked = send({ port, host: '127.0.0.1', path: '/metrics', agent: false, ...options })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const body = Buffer.concat(await response.toArray())
  const isZipped = response.headers['content-encoding'] === 'gzip'
  const text = (isZipped && body.length > 0 ? gunzipSync(body) : body).toString()
  return { status: response.statusCode, headers: response.headers, text }
}
