import type { Metric, Point } from '../metric.ts'
import { type Declaration, descriptorOf } from './declaration.ts'

/** A metric of our own at one moment. */
export function declared(declaration: Declaration, points: readonly Point[]): Metric {
  return { descriptor: descriptorOf(declaration), points }
}

export function point(attributes: Point['attributes'], value: number): Point {
  return { attributes, value }
}

/** A point for each count, told apart by one label. */
export function labelled(counts: ReadonlyMap<string, number>, label: string): Point[] {
  return Array.from(counts, ([name, value]) => point({ [label]: name }, value))
}
