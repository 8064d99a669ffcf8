import type { IncomingMessage } from 'node:http'
import { codingsOf, contentTypes, negotiateFormat } from '../exposition/negotiate.ts'
import { selectionOf } from '../exposition/selection.ts'
import type { TextFormat } from '../exposition/text-format.ts'
import { expositionLimits } from '../limits/exposition.ts'
import { messageOf } from '../support/error-message.ts'
import type { Outcome } from './body/shared-job.ts'
import type { LiveContent, LiveReply } from './live-content.ts'
import type { HeldBody, PageCache } from './page-cache.ts'
import { type EndpointResponse, textResponse } from './response.ts'

/** Whether a process serves the application's requests, with a sentence for a person. */
export interface Readiness {
  readonly isReady: boolean
  readonly text: string
}

export interface RouteContent {
  readonly pages: PageCache
  /**
   * The status as JSON. When this function throws, the response has status 503.
   * @param host the header `Host`.
   */
  readonly status: (host: string | undefined) => string
  /** When this function throws, the response has status 503. */
  readonly readiness: () => Readiness
  /** Undefined without a live page. */
  readonly live?: LiveRouteContent | undefined
}

/** Queries come without the question mark. */
export interface LiveRouteContent extends Pick<LiveContent, 'page' | 'metric'> {
  /** Whether the live page may be shown under the name in the header `Host`. */
  readonly trustsHost: (host: string | undefined) => boolean
  readonly document: (query: string) => LiveReply
}

/** The parts of a GET or HEAD request for the routes. */
export interface RouteRequest {
  readonly headers: Pick<
    IncomingMessage['headers'],
    'accept' | 'accept-encoding' | 'host' | 'if-none-match' | 'sec-fetch-site'
  >
  /** Without the question mark. */
  readonly query: string
}

type Reply = (response: EndpointResponse) => void

export interface Route {
  readonly kind: 'page' | 'document' | 'probe'
  /** Whether the route belongs to the live page. */
  readonly isLive?: boolean
  /** Calls `reply` once, possibly later. Does not throw. */
  readonly handle: (request: RouteRequest, content: RouteContent, reply: Reply) => void
}

/** The paths, for a person. */
export const places: string =
  'The metrics are at /metrics, the workers and their last deaths at /status, ' +
  'probes at /healthz and /readyz'

export const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/metrics', { kind: 'page', handle: handlePage }],
  [
    '/status',
    { kind: 'document', handle: (request, content, reply) => reply(statusOf(request, content)) },
  ],
  [
    '/healthz',
    { kind: 'probe', handle: (_request, _content, reply) => reply(textResponse(200, 'ok')) },
  ],
  [
    '/readyz',
    { kind: 'probe', handle: (_, { readiness }, reply) => reply(readinessOf(readiness)) },
  ],
])

/** Replies with the page, or with an error response. */
export function handlePage(
  { headers, query }: RouteRequest,
  { pages }: RouteContent,
  reply: Reply,
): void {
  const selection = selectionOf(query)
  if (selection === undefined) {
    const most = expositionLimits.pageNames
    reply(textResponse(400, `A request can select at most ${most} names with name[].`))
    return
  }
  const format = negotiateFormat(headers.accept)
  const codings = codingsOf(headers['accept-encoding'])
  const answer = (outcome: Outcome<HeldBody>): void => {
    if (outcome.kind === 'failed') reply(unavailable('metrics', outcome.error))
    else reply(pageResponse(outcome.value, format))
  }
  pages.get(format, (page) => {
    if (page.kind === 'failed') answer(page)
    else pages.body(page.value, { codings, selection }, answer)
  })
}

function pageResponse({ coding, body, release }: HeldBody, format: TextFormat): EndpointResponse {
  const described = { 'Content-Type': contentTypes[format], Vary: 'Accept, Accept-Encoding' }
  const headers = coding === 'identity' ? described : { ...described, 'Content-Encoding': coding }
  return { status: 200, headers, body, release }
}

function statusOf({ headers }: RouteRequest, { status }: RouteContent): EndpointResponse {
  try {
    const described = { 'Content-Type': 'application/json; charset=utf-8' }
    return { status: 200, headers: described, body: status(headers.host) }
  } catch (error) {
    return unavailable('status', error)
  }
}

function readinessOf(readiness: () => Readiness): EndpointResponse {
  try {
    const { isReady, text } = readiness()
    return textResponse(isReady ? 200 : 503, text)
  } catch (error) {
    return unavailable('readiness', error)
  }
}

export function unavailable(content: string, error: unknown): EndpointResponse {
  return textResponse(503, `The exporter cannot show the ${content}: ${messageOf(error)}`)
}
