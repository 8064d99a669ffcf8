import { groupBy } from '../../../scripts/form/group-by.ts'
import type { Sample } from '../prometheus/page.ts'
import { changingLabels, keyOf } from './shown-counts.ts'

/**
 * The series as a reader sees them, with values, but without the values of labels that change from
 * run to run. Each of these labels groups the series: two processes that share a series in the
 * README, and have one each on the page, give other groups.
 */
export function shownSeries(samples: readonly Sample[]): object {
  const groups = [...changingLabels].map((label) => [label, groupsBy(label, samples)] as const)
  return { series: seriesOf(samples), ...Object.fromEntries(groups) }
}

/** The series of each value of a label. The order of the values has no meaning. */
function groupsBy(label: string, samples: readonly Sample[]): readonly string[][] {
  const having = samples.filter(({ labels }) => label in labels)
  const groups = groupBy(having, ({ labels }) => labels[label] ?? '')
  const sorted = [...groups.values()].map(seriesOf)
  return sorted.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

function seriesOf(samples: readonly Sample[]): string[] {
  return samples.map((sample) => `${keyOf(sample)} ${sample.value}`).sort()
}
