import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'

/** Takes the same time for every token of the same length. */
export function isSameToken(one: string, other: string): boolean {
  const [given, expected] = [Buffer.from(one), Buffer.from(other)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}
