import type { Attributes } from '../../model/metric.ts'
import type { WorkerRecord } from './worker-record.ts'

type State = WorkerRecord['states'][number]

/**
 * Labels of the primary's metrics about workers. A reader keeps its text of labels as long as it
 * gets the same object: the text takes far longer than the value.
 */
export class WorkerLabels {
  readonly #byRecord = new WeakMap<WorkerRecord, Attributes>()
  readonly #byState = new WeakMap<State, Attributes>()

  of(worker_id: string, record: WorkerRecord): Attributes {
    return this.#kept(this.#byRecord, record, { worker_id })
  }

  ofState(worker_id: string, state: State): Attributes {
    const { name, since } = state
    return this.#kept(this.#byState, state, { worker_id, state: name, timestamp: String(since) })
  }

  #kept<Key extends object>(
    kept: WeakMap<Key, Attributes>,
    key: Key,
    labels: Attributes,
  ): Attributes {
    const known = kept.get(key)
    if (known && isSame(known, labels)) return known
    kept.set(key, labels)
    return labels
  }
}

function isSame(one: Attributes, other: Attributes): boolean {
  return Object.keys(other).every((name) => one[name] === other[name])
}
