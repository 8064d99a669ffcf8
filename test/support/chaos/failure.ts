/** A request that got no complete response. */
export interface Failure {
  readonly client: string
  readonly error: string
  /** The worker, if the connection or the response has named it. */
  readonly pid: number | undefined
  /** The client's port. */
  readonly localPort: number | undefined
  /** Times of `performance.now()`. */
  readonly startedAt: number
  readonly failedAt: number
}

/** The end of a worker by a signal that no worker survives. */
export interface Kill {
  readonly pid: number
  /** The time of `performance.now()`, with the log's delay. */
  readonly at: number
  /** Ports of the clients whose connections the worker held. */
  readonly clients: ReadonlySet<number>
}

export type Attribution =
  /** The killed worker held the connection. */
  | 'held'
  /** The connection was on its way to a worker while a worker was killed. */
  | 'under way'
  /** The server has not processed the stream, and a client may send the request again. */
  | 'refused'
  /** No kill explains the failure. */
  | 'own'

/** A client notices the end of a worker within this time, and the log too. */
const toleranceMs = 3_000

/** Says which kill explains a failure, if any. */
export function attribute(failure: Failure, kills: readonly Kill[]): Attribution {
  const { pid, localPort, startedAt, failedAt, error } = failure
  if (error.includes('REFUSED_STREAM')) return 'refused'
  if (pid !== undefined) return kills.some((kill) => kill.pid === pid) ? 'held' : 'own'
  const near = kills.filter(
    ({ at }) => at >= startedAt - toleranceMs && at <= failedAt + toleranceMs,
  )
  if (near.some(({ clients }) => localPort !== undefined && clients.has(localPort))) return 'held'
  return near.length > 0 ? 'under way' : 'own'
}
