import { withLabel } from '../model/labels.ts'
import type { MergeRules } from '../model/merging/merge-rules.ts'
import { isPerWorker } from '../model/merging/ownership.ts'
import type { Attributes, Descriptor } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import type { Source } from '../relay/report.ts'

export interface SeriesIdentityOptions {
  /** The `worker_id` of a source. */
  readonly workerIdOf: (source: Source) => string
  readonly rules: MergeRules
}

/** Decides the attributes of a source's series on the page. */
export class SeriesIdentity {
  readonly #options: SeriesIdentityOptions

  constructor(options: SeriesIdentityOptions) {
    this.#options = options
  }

  /** Whether the series belongs to one worker, and carries the `worker_id`. */
  isPerWorker(descriptor: Descriptor, attributes: Attributes): boolean {
    return isPerWorker(descriptor, attributes, this.#options.rules)
  }

  attributesOf(descriptor: Descriptor, attributes: Attributes, source: Source): Attributes {
    const given = descriptor.scope === ownScope ? withoutWorkerId(attributes) : attributes
    if (!this.isPerWorker(descriptor, attributes)) return given
    return withLabel(given, 'worker_id', this.#options.workerIdOf(source))
  }
}

/** The primary knows the worker's id better than the worker: slots exist in the primary only. */
function withoutWorkerId(attributes: Attributes): Attributes {
  if (!('worker_id' in attributes)) return attributes
  const { worker_id: _, ...others } = attributes
  return others
}
