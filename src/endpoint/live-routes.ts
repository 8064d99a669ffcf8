import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { acceptsGzip, prefersHtml } from '../exposition/negotiate.ts'
import type { LiveReply } from './live-content.ts'
import { type EndpointResponse, textResponse } from './response.ts'
import {
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
  const { html, policy } = live.page()
  const tag = `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"`
  const described = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    ...guards,
    // A browser asks each time, and gets the document again after an update only.
    'Cache-Control': 'no-cache',
    ETag: tag,
    Vary: 'Accept, Accept-Encoding',
  }
  if (matches(headers['if-none-match'], tag)) {
    reply({ status: 304, headers: described, body: '' })
    return
  }
  const bytes = Buffer.from(html)
  reply(
    acceptsGzip(headers['accept-encoding'])
      ? {
          status: 200,
          headers: { ...described, 'Content-Encoding': 'gzip' },
          body: gzipSync(bytes),
        }
      : { status: 200, headers: described, body: bytes },
  )
}

/** @param part the part of the content that answers. */
function dataHandler(part: 'document' | 'metric'): Route['handle'] {
  return ({ headers, query }, { live }, reply) => {
    try {
      if (headers['sec-fetch-site'] === 'cross-site') {
        reply(textResponse(403, 'A page of another site must not read this.', guards))
        return
      }
      const isGzipped = acceptsGzip(headers['accept-encoding'])
      const found = live?.[part](query)
      if (found) reply(responseOf(found, isGzipped))
    } catch (error) {
      reply(unavailable('live data', error))
    }
  }
}

function responseOf(found: LiveReply, isGzipped: boolean): EndpointResponse {
  if (found.kind === 'refused') return textResponse(found.status, found.text, guards)
  const described = {
    'Content-Type': found.contentType,
    ...guards,
    Vary: 'Accept-Encoding',
  }
  return isGzipped
    ? {
        status: 200,
        headers: { ...described, 'Content-Encoding': 'gzip' },
        body: found.gzipped(),
      }
    : { status: 200, headers: described, body: found.bytes }
}

function matches(header: string | undefined, tag: string): boolean {
  return (header ?? '').split(',').some((each) => each.trim().replace(/^W\//, '') === tag)
}
