import { NodeDate } from './intrinsics/unix-now.ts'

/**
 * A Unix time in milliseconds as ISO 8601 in UTC; null where there is none, or where the time is
 * beyond the year 275760, which `Date` does not know.
 */
export function isoTime(unixMs: number | undefined): string | null {
  const date = new NodeDate(unixMs ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
