import type { Declaration } from '../../model/catalog/declaration.ts'
import type { Point } from '../../model/metric.ts'

/**
 * A metric and a function that reads its points. For some metrics, a read starts the next interval.
 */
export interface Observation {
  readonly declaration: Declaration
  readonly points: () => readonly Point[]
}

/** An observation of one value without labels. No point while the value is undefined. */
export function observation(
  declaration: Declaration,
  read: () => Point['value'] | undefined,
): Observation {
  return { declaration, points: () => single(read()) }
}

const none = {}

function single(value: Point['value'] | undefined): Point[] {
  return value === undefined ? [] : [{ attributes: none, value }]
}
