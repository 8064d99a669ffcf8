import type { EndpointFacts } from './endpoints.ts'

/** The versions of HTTP, by `network.protocol.version`. */
export const httpVersions = ['1.0', '1.1', '2'] as const

/** A request whose response finished, or whose connection closed. Reused by its collector. */
export interface EndedRequest extends EndpointFacts {
  route: string | undefined
  target: string | undefined
  status: number | undefined
  /** What `RequestCounts.start` returned. */
  active: number
  /** Why the response did not finish; undefined for a finished response. */
  abort: string | undefined
  /** The class of the error that the application or its framework told. */
  errorType: string | undefined
  seconds: number
  requestBytes: number
  responseBytes: number
  /** Index in `httpVersions`. */
  version: number
}

export function newEndedRequest(): EndedRequest {
  return {
    route: undefined,
    target: undefined,
    status: undefined,
    active: 0,
    abort: undefined,
    errorType: undefined,
    seconds: 0,
    requestBytes: 0,
    responseBytes: 0,
    version: 1,
  }
}
