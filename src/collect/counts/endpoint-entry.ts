import { other } from '../../model/endpoint.ts'
import type { RouteCell } from './route-cell.ts'

export interface EndpointKind {
  readonly isExcluded?: boolean
  readonly isLongPoll?: boolean
  readonly isPath?: boolean
}

/** A named endpoint with its series. */
export class EndpointEntry {
  readonly name: string
  /** Whether the name comes from a client's path, and not from a route or a rule. */
  readonly isPath: boolean
  /** Whether the metrics by route leave the endpoint out. */
  readonly isExcluded: boolean
  /** Whether the histograms of durations leave the endpoint out. */
  readonly isLongPoll: boolean
  /** Whether the name stands for names beyond a limit: `_OTHER`, or `/graphql _OTHER`. */
  readonly isRest: boolean
  /** By the number of `RouteCounts`. */
  readonly cells: Map<number, RouteCell> = new Map()
  /** The number of the last series: most requests of an endpoint are alike. */
  lastKey = -1
  lastCell: RouteCell | undefined

  constructor(name: string, kind: EndpointKind = {}) {
    this.name = name
    this.isRest = name === other || name.endsWith(` ${other}`)
    this.isPath = kind.isPath ?? false
    this.isExcluded = kind.isExcluded ?? false
    this.isLongPoll = kind.isLongPoll ?? false
  }
}
