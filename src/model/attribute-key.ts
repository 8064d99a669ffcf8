import type { Attributes } from './metric.ts'

/** A text that is equal for equal attributes in any order. */
export function attributeKey(attributes: Attributes): string {
  const names = Object.keys(attributes)
  if (names.length < 2) return JSON.stringify(attributes)
  return JSON.stringify(names.sort().map((name) => [name, attributes[name]]))
}
