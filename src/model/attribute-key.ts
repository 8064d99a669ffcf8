import type { Attributes } from './metric.ts'

/** One text per set of attributes, whatever their order. */
export function attributeKey(attributes: Attributes): string {
  const names = Object.keys(attributes)
  if (names.length < 2) return JSON.stringify(attributes)
  return JSON.stringify(names.sort().map((name) => [name, attributes[name]]))
}
