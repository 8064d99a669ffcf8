/** Returns a text for a number without a JSON form: `NaN`, `Infinity`, `-Infinity`, `-0`. */
export function encodeNumber(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}

/** @returns undefined for other values than the results of `encodeNumber`. */
export function decodeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? special.get(value) : undefined
}

export function isEncodedNumber(value: unknown): boolean {
  return decodeNumber(value) !== undefined
}

const special = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])
