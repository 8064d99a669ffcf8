import type { CountsPlace } from '../../crash-file/counts-place.ts'
import { type Details, textFor } from '../../endpoint/details.ts'

/** The place of a worker's counts on `/status`, without paths unless the client may see details. */
export function shownCounts(counts: CountsPlace | null, details: Details): CountsPlace | null {
  if (counts === null || counts.notInMemory === null) return counts
  return { ...counts, notInMemory: textFor(details, counts.notInMemory) }
}
