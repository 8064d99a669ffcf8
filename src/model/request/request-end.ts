import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'

/*
 * The collector tells the agent of a master about each ended request, by channels of
 * `node:diagnostics_channel`. Collector and agent are in two bundles.
 */

/** The name of the channel with each ended request. */
export const requestEndChannel = 'gunicorn-prometheus-exporter.request.end'

/** The name of the channel with faults that the collector counts. */
export const faultChannel = 'gunicorn-prometheus-exporter.fault'

/** What the collector knows about each request. */
export interface RequestFacts {
  /** The path and the query, as the client sent both. */
  readonly target: string | undefined
  /** Undefined if no head of a response has left. */
  readonly status: number | undefined
  /** Why the response did not finish; undefined for a finished response. */
  readonly abort: string | undefined
  readonly seconds: number
  readonly responseBytes: number
  readonly route: string | undefined
  /** Index in `httpVersions`. */
  readonly version: number
}

/** Valid only during the call: the collector reuses `facts`. */
export type RequestEnd =
  | {
      readonly kind: 'http1'
      readonly facts: RequestFacts
      readonly request: IncomingMessage
      readonly response: ServerResponse | undefined
    }
  | {
      readonly kind: 'http2'
      readonly facts: RequestFacts
      readonly stream: ServerHttp2Stream
      readonly headers: IncomingHttpHeaders
      /** The address of the client, taken at the start: a closed stream does not know it. */
      readonly remoteAddress: string | undefined
    }

/** A fault of the agent, for `gunicorn_exporter_faults_total`. */
export interface AgentFault {
  readonly component: 'access_log' | 'statsd'
}
