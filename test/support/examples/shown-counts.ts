import type { Sample } from '../prometheus/page.ts'

/** Labels that tell processes and runs apart. A README cannot know their values. */
const changing = new Set(['worker_id', 'instance', 'otel_scope_version'])

/**
 * The values by series, added up over the processes. The keys keep the names of labels whose
 * values change from run to run.
 */
export function shownCounts(samples: readonly Sample[], factor = 1): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { name, labels, value } of samples) {
    const kept = Object.entries(labels).map(([key, text]) => [key, changing.has(key) ? '…' : text])
    const series = JSON.stringify([name, ...kept.sort()])
    counts[series] = (counts[series] ?? 0) + factor * value
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}
