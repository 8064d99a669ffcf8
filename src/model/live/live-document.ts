/*
 * The document at `/live`: what the live page and `top` show. Times are Unix milliseconds. Rates
 * are per second, durations are seconds, sizes are bytes. Null: the exporter does not know the
 * value.
 */

import type { OriginTexts } from './unread-origin.ts'

/** The version of this form. Readers refuse other versions. */
export const liveVersion = 1

export interface LiveDocument extends OriginTexts {
  readonly version: typeof liveVersion
  readonly exporterVersion: string
  /** `sidecar`: the document of `serve`. */
  readonly kind: 'cluster' | 'process' | 'sidecar'
  /** For the title: the service's name, or the host and the port. */
  readonly title: string
  readonly now: number
  readonly uptimeSeconds: number
  /** Pause that a page should make between two requests. More open pages make longer pauses. */
  readonly pollSeconds: number
  readonly headline: LiveHeadline
  readonly history: LiveHistory
  /** Of a cluster: the main thread of the primary. */
  readonly primary: LivePrimary | null
  /** Workers that live. Of a process without workers, the process itself. */
  readonly workers: readonly LiveWorker[]
  /** Most busy first; at most `liveLimits.routes`. */
  readonly routes: readonly LiveRoute[]
  /** Newest first. */
  readonly deaths: readonly LiveDeath[]
  /** Of a sidecar; otherwise empty. */
  readonly instances: readonly LiveInstance[]
  /** The instance that the request selected; null: all instances. */
  readonly instance: string | null
  /** What the exporter itself does. */
  readonly exporter: LiveExporter
  /** Why messages, stacks and paths are missing; null where the document has them. */
  readonly hidden: string | null
}

/** The primary of a cluster, which answers no request. */
export interface LivePrimary {
  readonly pid: number
  readonly state: 'running' | 'hanging'
  /** Null while the event loop turns. */
  readonly hang: LiveHang | null
}

/** Rates and quantiles of the last 10 seconds. */
export interface LiveHeadline {
  readonly requestsPerSecond: number | null
  /** Responses with 5xx, and requests without a response. */
  readonly errorsPerSecond: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly inFlight: number | null
  readonly workers: LiveWorkerCounts
}

export interface LiveWorkerCounts {
  /** Without stale workers, about whose present nothing is known. */
  readonly live: number
  /** Without workers that hang or are stopped. */
  readonly listening: number
  readonly hanging: number
  readonly stopped: number
  /** Workers that a master keeps; null without a master. */
  readonly wanted: number | null
}

/**
 * Columns of samples, oldest first. A request with `?since=` and the number of a sample gets the
 * samples after that one. All columns have the same length.
 */
export interface LiveHistory {
  readonly stepSeconds: number
  /** Samples that the rings hold: the length of the history is `capacity * stepSeconds`. */
  readonly capacity: number
  /** Number of the last sample. The first sample of a process has the number 1. */
  readonly last: number
  /** Identifies the process: after another value, all samples are new. */
  readonly epoch: string
  readonly times: readonly number[]
  /** Responses per second by class of the status; `none` for requests without a response. */
  readonly rates: Readonly<Record<LiveStatusClass, LiveColumn>>
  readonly p50: LiveColumn
  readonly p95: LiveColumn
  readonly p99: LiveColumn
  /** By `LiveWorker.key`, with workers that have ended; at most `liveLimits.workers`. */
  readonly workers: Readonly<Record<string, LiveWorkerColumns>>
}

export type LiveStatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'none'

export type LiveColumn = readonly (number | null)[]

export interface LiveWorkerColumns {
  readonly requestsPerSecond: LiveColumn
  /** About the longest delay within a sample; while the worker hangs, the time of the hang. */
  readonly loopDelay: LiveColumn
  /** 100: one core. */
  readonly cpuPercent: LiveColumn
  readonly memory: LiveColumn
  readonly heap: LiveColumn
}

export interface LiveWorker {
  /** Names the worker's columns in the history. In a sidecar, with the instance. */
  readonly key: string
  readonly workerId: string
  readonly instance: string | null
  readonly pid: number | null
  /** As in `gunicorn_worker_state`: `running`, `hanging`, `stopped`. In a sidecar also `stale`. */
  readonly state: string
  readonly listening: boolean
  readonly ageSeconds: number | null
  readonly reportAgeSeconds: number | null
  readonly requests: number | null
  readonly requestsPerSecond: number | null
  readonly inFlight: number | null
  readonly cpuPercent: number | null
  readonly memoryBytes: number | null
  readonly heapUsedBytes: number | null
  readonly heapLimitBytes: number | null
  readonly loopDelaySeconds: number | null
  /** Null while the worker reports. */
  readonly hang: LiveHang | null
}

export interface LiveHang {
  readonly seconds: number
  /** Null without a stack, and where details are hidden. */
  readonly heldBy: string | null
  readonly stack: string | null
}

/** Rates and quantiles of the last 30 to 60 seconds, at the start of a page of less. */
export interface LiveRoute {
  readonly method: string
  readonly route: string
  readonly requests: number
  readonly requestsPerSecond: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  /** `all`: of all requests. The look is younger than 30 seconds, and saw no request yet. */
  readonly quantilesOf: 'recent' | 'all'
  /** Requests with an error of the server, in all. */
  readonly errors: number
  readonly errorsPerSecond: number | null
  /** By class, or by status code without a class; most frequent first. */
  readonly errorTypes: readonly { readonly errorType: string; readonly count: number }[]
}

export interface LiveDeath {
  readonly workerId: string
  readonly pid: number | null
  readonly reason: string
  readonly certainty: 'certain' | 'probable'
  readonly restartType: string
  /** Signal or exit code, as text. */
  readonly end: string
  readonly endedAt: number
  readonly ageSeconds: number
  readonly requests: number | null
  readonly memoryBytes: number | null
  /** Class of the error; the message and the stack only with details. */
  readonly error: {
    readonly name: string
    readonly message: string | null
    readonly stack: string | null
  } | null
  readonly hang: LiveHang | null
}

/** An instance that a sidecar shows. */
export interface LiveInstance {
  readonly instance: string
  readonly state: string
  readonly origin: string
  readonly ageSeconds: number | null
  readonly workers: number | null
  readonly requests: number | null
  readonly requestsPerSecond: number | null
  readonly errorsPerSecond: number | null
}

export interface LiveExporter {
  readonly series: number
  readonly droppedSeries: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, unknown>>
  readonly scrapes: Readonly<Record<string, number>>
  readonly connections: number
  /** As in `/status`; null where the feature is off. */
  readonly push: Readonly<Record<string, unknown>> | null
  readonly redis: Readonly<Record<string, unknown>> | null
  /** Names of the metrics on the page, for `/metrics?name[]=`; at most `liveLimits.names`. */
  readonly names: readonly string[]
}
