import type { Metric, Point } from '../metric.ts'
import { type Declaration, descriptorOf } from './declaration.ts'

/** A `gunicorn_*` metric with its points. */
export function declared(declaration: Declaration, points: readonly Point[]): Metric {
  return { descriptor: descriptorOf(declaration), points }
}

export function point(attributes: Point['attributes'], value: number): Point {
  return { attributes, value }
}

/** A point for each count. The label has the name of the count. */
export function labelled(counts: ReadonlyMap<string, number>, label: string): Point[] {
  return Array.from(counts, ([name, value]) => point({ [label]: name }, value))
}
