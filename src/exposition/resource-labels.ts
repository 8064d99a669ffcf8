import { expositionLimits } from '../limits/exposition.ts'
import { isTargetInfo } from '../model/catalog/target-info.ts'
import type { Attributes, Metric } from '../model/metric.ts'
import { labelName } from './text-labels.ts'

/**
 * Adds attributes of the resource to those of each series of a page. On a page of several
 * instances, each series gets the attributes of its own instance, as `target_info` has them.
 */
export class ResourceLabels {
  readonly #pattern: RegExp
  #key = ''

  constructor(pattern: RegExp) {
    this.#pattern = pattern
  }

  /**
   * Reads each `target_info` of a page.
   * @returns a function that adds to the attributes of a series; undefined if the last function of
   * this method adds the same.
   */
  changed(metrics: readonly Metric[]): WithResource | undefined {
    const targets = metrics.filter(isTargetInfo).flatMap(({ points }) => points)
    const chosen = new Map(
      targets.map(({ attributes }) => {
        return [attributes['instance'], chosenAttributes(attributes, this.#pattern)] as const
      }),
    )
    const key = JSON.stringify([...chosen])
    if (key === this.#key) return undefined
    this.#key = key
    return (attributes) => {
      // Without a cluster of this name, the label is the application's.
      const own = chosen.get(attributes['instance']) ?? chosen.get(undefined)
      return own ? withResourceLabels(attributes, own) : attributes
    }
  }
}

/** Adds attributes of the resource to the attributes of a series. */
export type WithResource = (attributes: Attributes) => Attributes

/** The attributes of a resource whose names match, up to the limit of characters. */
export function chosenAttributes(resource: Attributes, pattern: RegExp): Attributes {
  const { resourceLabelChars, resourceNameChars } = expositionLimits
  let room: number = resourceLabelChars
  const chosen = Object.entries(resource).filter(([name, value]) => {
    const length = name.length + String(value).length
    const isChosen = name.length <= resourceNameChars && length <= room && pattern.test(name)
    if (isChosen) room -= length
    return isChosen
  })
  return Object.fromEntries(chosen)
}

/** A label of the series wins: series that differ in this label must stay apart. */
export function withResourceLabels(attributes: Attributes, chosen: Attributes): Attributes {
  const own = new Set(Object.keys(attributes).map(labelName))
  const added = Object.entries(chosen).filter(([name]) => !own.has(labelName(name)))
  return { ...attributes, ...Object.fromEntries(added) }
}
