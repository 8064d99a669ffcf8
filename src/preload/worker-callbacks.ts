import type { ClusterEvent } from '../model/cluster-event.ts'
import type { WorkerCause } from '../model/worker-cause.ts'
import type { Predecessor } from '../share/hand-over/offer.ts'
import type { EndpointLog } from './bind-log.ts'
import type { NewsCallbacks } from './workers/worker-news.ts'

/** The additions of a master to the events of the workers. */
export interface WorkerCallbacks extends NewsCallbacks {
  /** The reason why the master ended a worker; `undefined` if the master did not end the worker. */
  readonly causeOf?: ((forkNumber: number) => WorkerCause | undefined) | undefined
  /** Gets the lines about the endpoint, instead of the preload's log. */
  readonly onEndpoint?: EndpointLog | undefined
  /** The part of a master in upgrades; undefined for a primary without upgrades. */
  readonly upgrades?: { readonly predecessor: Predecessor | undefined } | undefined
}

/** Takes a signal of the process, or what a master tells about itself. */
export type EventSink = (
  event: Extract<ClusterEvent, { kind: 'signal' | 'wanted' | 'closing' }>,
) => void
