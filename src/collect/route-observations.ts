import { catalog } from '../model/catalog/catalog.ts'
import type { Point } from '../model/metric.ts'
import type { HistogramCell } from './counts/histogram-cell.ts'
import type { Observation } from './counts/observation.ts'
import type { RouteCell } from './counts/route-cell.ts'
import type { RouteCounts } from './counts/route-counts.ts'

/** OpenTelemetry's metrics of an HTTP server. */
export function routeObservations(routes: RouteCounts | undefined): Observation[] {
  if (routes === undefined) return []
  const sizes = (sizeOf: (cell: RouteCell) => HistogramCell | undefined) => () =>
    routes.cells.flatMap((cell): Point[] => {
      const size = sizeOf(cell)
      return size ? [{ attributes: cell.attributes, value: size.read() }] : []
    })
  return [
    {
      declaration: catalog.httpRequestDuration,
      points: () => routes.cells.map((cell) => cell.point()),
    },
    { declaration: catalog.httpActiveRequests, points: () => routes.activePoints() },
    { declaration: catalog.httpRequestBodySize, points: sizes((cell) => cell.requestSize) },
    { declaration: catalog.httpResponseBodySize, points: sizes((cell) => cell.responseSize) },
  ]
}
