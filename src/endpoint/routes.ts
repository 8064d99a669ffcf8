import type { IncomingMessage } from 'node:http'
import { acceptsGzip, contentTypes, negotiateFormat } from '../exposition/negotiate.ts'
import { cut, type Selection, selectionOf } from '../exposition/selection.ts'
import { expositionLimits } from '../limits/exposition.ts'
import { messageOf } from '../support/error-message.ts'
import { type CachedPage, type PageCache, zip } from './page-cache.ts'
import { type EndpointResponse, textResponse } from './response.ts'

/** Whether somebody serves the application's requests, and a sentence about it. */
export interface Readiness {
  readonly isReady: boolean
  readonly text: string
}

export interface RouteContent {
  readonly pages: PageCache
  /** The status as JSON; may throw, which is answered with 503. */
  readonly status: () => string
  readonly readiness: () => Readiness
}

/** A request for one of the paths, by GET or HEAD. */
interface Asked {
  readonly headers: Pick<IncomingMessage['headers'], 'accept' | 'accept-encoding'>
  /** Behind the target's question mark. */
  readonly query: string
}

/** What is behind a path; calls back once, at once or when the page is made. Does not throw. */
export interface Route {
  readonly kind: 'page' | 'document' | 'probe'
  readonly show: (
    asked: Asked,
    sources: RouteContent,
    reply: (answer: EndpointResponse) => void,
  ) => void
}

export const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/metrics', { kind: 'page', show: showPage }],
  ['/status', { kind: 'document', show: (_, { status }, reply) => reply(showStatus(status)) }],
  [
    '/healthz',
    { kind: 'probe', show: (_asked, _sources, reply) => reply(textResponse(200, 'ok')) },
  ],
  [
    '/readyz',
    { kind: 'probe', show: (_, { readiness }, reply) => reply(showReadiness(readiness)) },
  ],
])

/** Calls back with the page, or with why there is none. */
export function showPage(
  { headers, query }: Asked,
  { pages }: RouteContent,
  reply: (answer: EndpointResponse) => void,
): void {
  const selection = selectionOf(query)
  if (selection === undefined) {
    reply(
      textResponse(400, `At most ${expositionLimits.pageNames} names can be selected with name[].`),
    )
    return
  }
  const format = negotiateFormat(headers.accept)
  pages.ask(format, (outcome) => {
    if (outcome.kind === 'failure') return reply(unavailable('metrics', outcome.error))
    const isZipped = acceptsGzip(headers['accept-encoding'])
    const described = { 'Content-Type': contentTypes[format], Vary: 'Accept, Accept-Encoding' }
    reply({
      status: 200,
      headers: isZipped ? { ...described, 'Content-Encoding': 'gzip' } : described,
      body: bodyOf(outcome.shared, selection, isZipped),
    })
  })
}

function bodyOf(shared: CachedPage, selection: Selection, isZipped: boolean): Buffer {
  if (selection === 'everything') return isZipped ? shared.zipped() : shared.bytes
  const bytes = Buffer.from(cut(shared.page, selection))
  return isZipped ? zip(bytes) : bytes
}

function showStatus(status: () => string): EndpointResponse {
  try {
    const headers = { 'Content-Type': 'application/json; charset=utf-8' }
    return { status: 200, headers, body: status() }
  } catch (error) {
    return unavailable('status', error)
  }
}

function showReadiness(readiness: () => Readiness): EndpointResponse {
  try {
    const { isReady, text } = readiness()
    return textResponse(isReady ? 200 : 503, text)
  } catch (error) {
    return unavailable('readiness', error)
  }
}

function unavailable(what: string, error: unknown): EndpointResponse {
  return textResponse(503, `The ${what} cannot be shown: ${messageOf(error)}`)
}
