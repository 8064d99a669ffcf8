import { gunzipSync } from 'node:zlib'
import { acceptsGzip, prefersHtml } from '../exposition/negotiate.ts'
import type { LivePage, LiveReply } from './live-content.ts'
import { type EndpointResponse, textResponse } from './response.ts'
import {
  type LiveRouteContent,
  places,
  type Route,
  type RouteContent,
  type RouteRequest,
  routes,
  unavailable,
} from './routes.ts'

/** The routes of an endpoint with a live page. */
export const routesWithLive: ReadonlyMap<string, Route> = new Map<string, Route>([
  ...routes,
  ['/', { kind: 'document', isLive: true, handle: handleHtml }],
  ['/live', { kind: 'document', isLive: true, handle: dataHandler('document') }],
  ['/live/metric', { kind: 'document', isLive: true, handle: dataHandler('metric') }],
])

/** The response to a path that does not exist, on an endpoint with a live page. */
export const notFoundWithLive: EndpointResponse = textResponse(
  404,
  `Not found. ${places}, a page for browsers at /.`,
)

/** Headers that keep other sites from reading, framing or guessing. */
const guards = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

function handleHtml(
  { headers }: RouteRequest,
  { live }: RouteContent,
  reply: (response: EndpointResponse) => void,
): void {
  if (!live || !prefersHtml(headers.accept)) {
    reply({ ...notFoundWithLive, headers: { ...notFoundWithLive.headers, Vary: 'Accept' } })
    return
  }
  try {
    reply(refusalOf(headers, live) ?? pageOf(headers, live.page()))
  } catch (error) {
    reply(unavailable('live page', error))
  }
}

function pageOf(
  headers: RouteRequest['headers'],
  { gzip, tag, policy }: LivePage,
): EndpointResponse {
  const described = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    ...guards,
    // A browser asks each time, and gets the document again after an update only.
    'Cache-Control': 'no-cache',
    ETag: `"${tag}"`,
    Vary: 'Accept, Accept-Encoding',
  }
  if (matches(headers['if-none-match'], `"${tag}"`)) {
    return { status: 304, headers: described, body: '' }
  }
  const bytes = Buffer.from(gzip, 'base64')
  return acceptsGzip(headers['accept-encoding'])
    ? { status: 200, headers: { ...described, 'Content-Encoding': 'gzip' }, body: bytes }
    : { status: 200, headers: described, body: gunzipSync(bytes) }
}

/** @param part the part of the content that answers. */
function dataHandler(part: 'document' | 'metric'): Route['handle'] {
  return ({ headers, query }, { live }, reply) => {
    try {
      const isGzipped = acceptsGzip(headers['accept-encoding'])
      if (live) reply(dataRefusalOf(headers, live) ?? responseOf(live[part](query), isGzipped))
    } catch (error) {
      reply(unavailable('live data', error))
    }
  }
}

/** A link of another site may open the page, but its scripts may not read the data. */
function dataRefusalOf(
  headers: RouteRequest['headers'],
  live: LiveRouteContent,
): EndpointResponse | undefined {
  if (headers['sec-fetch-site'] === 'cross-site') {
    return textResponse(403, 'Pages of other sites must not read the live data.', guards)
  }
  return refusalOf(headers, live)
}

function refusalOf(
  { host }: RouteRequest['headers'],
  { trustsHost }: LiveRouteContent,
): EndpointResponse | undefined {
  if (trustsHost(host)) return undefined
  const text =
    'This endpoint listens on the loopback interface and asks for no credentials. It ' +
    'therefore shows the live page under the name localhost and under IP addresses only.'
  return textResponse(403, text, guards)
}

function responseOf(found: LiveReply, isGzipped: boolean): EndpointResponse {
  if (found.kind === 'refused') return textResponse(found.status, found.text, guards)
  const { contentType, bytes, gzipped } = found
  const described = { 'Content-Type': contentType, ...guards, Vary: 'Accept-Encoding' }
  return isGzipped
    ? { status: 200, headers: { ...described, 'Content-Encoding': 'gzip' }, body: gzipped() }
    : { status: 200, headers: described, body: bytes }
}

function matches(header: string | undefined, tag: string): boolean {
  return (header ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === tag)
}
