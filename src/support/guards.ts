export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether the value has properties: an object, an array or a function. */
export function isObjectLike(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

export function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

export function isAscending(value: unknown): value is number[] {
  if (!Array.isArray(value)) return false
  return value.every(
    (bound, index) => Number.isFinite(bound) && (index === 0 || bound > value[index - 1]),
  )
}

export function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

export function isIntegerBetween(value: unknown, least: number, most: number): value is number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return false
  return value >= least && value <= most
}

/** Whether the value is a safe integer of 0 or more. */
export function isNaturalNumber(value: unknown): value is number {
  return isIntegerBetween(value, 0, Number.MAX_SAFE_INTEGER)
}
