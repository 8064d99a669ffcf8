import type { MergeRule } from '../model/merging/merge-rule.ts'
import type { Attributes, Descriptor, Value } from '../model/metric.ts'

/** A source's share of a series. A source that makes a metric twice has several cells. */
export interface Cell {
  readonly series: Series
  /** The key of the source's attributes. A folded series has a key of its own and several cells. */
  readonly key: string
  readonly forkNumber: number
  value: Value | undefined
  /** A value from another place than a report. Earlier reports, still under way, may be lower. */
  least?: Value
}

/** A series of the page: shares of live sources, and what retired sources left. */
export interface Series {
  readonly key: string
  readonly family: Family
  readonly attributes: Attributes
  readonly cells: Set<Cell>
  /** The sum or, by the rule of the family, the maximum. */
  retired: Value | undefined
  /** The total on the last page; the sum of a histogram. */
  shown: number
}

/** All series of one metric. */
export interface Family {
  descriptor: Descriptor
  readonly rule: MergeRule
  readonly series: Map<string, Series>
}

/** Identifies a cell of a source. */
export function cellKey({ descriptor }: Family, key: string): string {
  return `${descriptor.scope} ${descriptor.name} ${key}`
}
