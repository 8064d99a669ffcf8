/**
 * Writes a number as Prometheus text. The buffer needs room for `numberBytes`.
 * @returns the place behind the number.
 */
export function writeNumber(bytes: Buffer, at: number, value: number): number {
  if ((value | 0) === value && value >= 0) return writeDigits(bytes, at, value)
  if (value >= 0 && value <= Number.MAX_SAFE_INTEGER && Number.isInteger(value)) {
    const high = Math.floor(value / 1e9)
    const behind = writeNumber(bytes, at, high)
    return writeNineDigits(bytes, behind, value - high * 1e9)
  }
  return writeAscii(bytes, at, numberText(value))
}

/** The longest text of a number has 24 characters. */
export const numberBytes = 32

function writeDigits(bytes: Buffer, at: number, value: number): number {
  let end = at + 1
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) end += 1
  let rest = value
  for (let index = end - 1; index >= at; index -= 1) {
    const next = (rest / 10) | 0
    bytes[index] = zero + rest - next * 10
    rest = next
  }
  return end
}

/** @param value below 10^9. */
function writeNineDigits(bytes: Buffer, at: number, value: number): number {
  let rest = value
  for (let index = at + 8; index >= at; index -= 1) {
    const next = (rest / 10) | 0
    bytes[index] = zero + rest - next * 10
    rest = next
  }
  return at + 9
}

function writeAscii(bytes: Buffer, at: number, text: string): number {
  for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index)
  return at + text.length
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}

/** The digit 0 in ASCII. */
const zero = 48
