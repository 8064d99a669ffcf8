import type { RouteCell } from './route-cell.ts'

/** A named endpoint with its series. */
export class EndpointEntry {
  readonly name: string
  /** By the number of `RouteCounts`. */
  readonly cells: Map<number, RouteCell> = new Map()
  /** The number of the last series: most requests of an endpoint are alike. */
  lastKey = -1
  lastCell: RouteCell | undefined

  constructor(name: string) {
    this.name = name
  }
}
