import type { Sample } from '../prometheus/page.ts'

/** Labels that tell processes and runs apart. A README cannot know their values. */
export const changingLabels: ReadonlySet<string> = new Set([
  'worker_id',
  'instance',
  'otel_scope_version',
])

/** The values by series, added up over the processes. */
export function shownCounts(samples: readonly Sample[], factor = 1): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const sample of samples) {
    const series = keyOf(sample)
    counts[series] = (counts[series] ?? 0) + factor * sample.value
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A series, with the names of labels whose values change, and without their values. */
export function keyOf({ name, labels }: Sample): string {
  const kept = Object.entries(labels).map(([key, text]) => [
    key,
    changingLabels.has(key) ? '…' : text,
  ])
  return JSON.stringify([name, ...kept.sort()])
}
