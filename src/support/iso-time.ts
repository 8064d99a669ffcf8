/** A Unix time in milliseconds as ISO 8601 in UTC; null where there is none. */
export function isoTime(unixMs: number | undefined): string | null {
  return unixMs === undefined ? null : new Date(unixMs).toISOString()
}
