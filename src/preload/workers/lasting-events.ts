import type { ClusterEvent } from '../../model/cluster-event.ts'

interface LastingEvent {
  readonly event: ClusterEvent
  /** By `monotonicNow()`. */
  readonly happenedAt: number
}

/**
 * Events that still hold: the states of live workers, and the last numbers of the primary. A new
 * exporter thread needs these events. Size: a few events for each live worker.
 */
export class LastingEvents {
  /** By kind and worker, in the order of the events. */
  readonly #events = new Map<string, LastingEvent>()

  /** @param happenedAt by `monotonicNow()`. */
  note(event: ClusterEvent, happenedAt: number): void {
    if (event.kind === 'signal' || event.kind === 'signal listener') return
    if (event.kind === 'ended') {
      for (const kind of workerKinds) this.#events.delete(`${kind} ${event.forkNumber}`)
      return
    }
    const key = 'forkNumber' in event ? `${event.kind} ${event.forkNumber}` : event.kind
    this.#events.delete(key)
    this.#events.set(key, { event, happenedAt })
  }

  /** The events in their order. */
  all(): LastingEvent[] {
    return [...this.#events.values()]
  }
}

const workerKinds: readonly ClusterEvent['kind'][] = [
  'forked',
  'listening',
  'disconnected',
  'leaving',
  'exited',
]
