import { withLabel } from '../../model/labels.ts'
import type { Attributes, Metric } from '../../model/metric.ts'
import { printableLine } from '../../model/text/printable.ts'

/** Adds the `instance` label of a cluster to its series. */
export class InstanceLabels {
  readonly instance: string
  /** Another host chooses the name, and `curl` shows the page on a terminal. */
  readonly #label: string
  /** By the original attributes: the page reuses the rendered labels of the same object. */
  readonly #labelled = new WeakMap<Attributes, Attributes>()

  constructor(instance: string) {
    this.instance = instance
    this.#label = printableLine(instance)
  }

  on(metrics: readonly Metric[]): Metric[] {
    return metrics.map(({ descriptor, points }) => ({
      descriptor,
      points: points.map(({ attributes, value }) => ({ attributes: this.#of(attributes), value })),
    }))
  }

  #of(attributes: Attributes): Attributes {
    const known = this.#labelled.get(attributes)
    if (known) return known
    const labelled = withLabel(attributes, 'instance', this.#label)
    this.#labelled.set(attributes, labelled)
    return labelled
  }
}
