import type { ClusterEvent } from '../../model/cluster-event.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'

/**
 * Events that still hold: the states of live workers, and the last numbers of the primary. A new
 * exporter thread needs these events. Size: a few events for each live worker.
 */
export class LastingEvents {
  readonly #clock: Pick<Clock, 'now'>
  /** By kind and worker, in the order of the events. */
  readonly #events = new Map<string, { readonly event: ClusterEvent; readonly at: number }>()

  constructor(clock: Pick<Clock, 'now'> = nodeClock) {
    this.#clock = clock
  }

  note(event: ClusterEvent): void {
    if (event.kind === 'signal' || event.kind === 'signal listener') return
    if (event.kind === 'ended') {
      for (const kind of workerKinds) this.#events.delete(`${kind} ${event.forkNumber}`)
      return
    }
    const key = 'forkNumber' in event ? `${event.kind} ${event.forkNumber}` : event.kind
    this.#events.delete(key)
    this.#events.set(key, { event, at: this.#clock.now() })
  }

  /** The events in their order, with the age of each fork. */
  all(): ClusterEvent[] {
    const now = this.#clock.now()
    return Array.from(this.#events.values(), ({ event, at }) =>
      event.kind === 'forked' ? { ...event, agoMs: now - at } : event,
    )
  }
}

const workerKinds: readonly ClusterEvent['kind'][] = [
  'forked',
  'listening',
  'disconnected',
  'leaving',
  'exited',
]
