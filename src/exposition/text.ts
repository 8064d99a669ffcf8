import type { Metric } from '../model/metric.ts'
import type { InParts } from '../model/page/in-parts.ts'
import { isBlockMetric } from '../model/series-block.ts'
import { blockLines, type FrozenFamily, freeze, type NamedBlocks } from './block-lines.ts'
import { type Family, familiesOf, headOf, type NamedMetric, sampleNames } from './families.ts'
import type { Page, PageFamily } from './page.ts'
import { inPageOrder } from './page-order.ts'
import { type FamilyLines, type LinesContext, pointLines } from './point-lines.ts'
import type { RenderTools } from './render-tools.ts'
import { Snapshot } from './samples/frozen-blocks.ts'
import type { TextFormat } from './text-format.ts'

/**
 * Renders metrics as Prometheus text 0.0.4 or OpenMetrics 1.0, with each family in one block. All
 * values of a page are those at its first part.
 */
export function* renderText(
  metrics: readonly NamedMetric[],
  format: TextFormat,
  tools: RenderTools,
): InParts<Page> {
  const clashes: string[] = []
  const families: PageFamily[] = []
  const snapshot = new Snapshot()
  let twins = 0
  tools.kept.begin()
  const frozen = inPageOrder(familiesOf(metrics, { format, clashes })).map((family) =>
    frozenFamily(family, snapshot, { sample: family.sample, format, tools }),
  )
  for (const { family, content, context } of frozen) {
    const lines = yield* linesOf(content, snapshot, context)
    const head = headOf(family, format)
    families.push({ name: family.family, samples: sampleNames(family), head, parts: lines.parts })
    twins += lines.twins
  }
  return { families, end: format === 'openmetrics' ? eof : nothing, clashes, twins }
}

const eof = Buffer.from('# EOF\n')
const nothing = Buffer.alloc(0)

/** Metrics whose objects nobody changes, or copies of blocks. */
type Content = readonly Metric[] | FrozenFamily

interface PlannedFamily {
  readonly family: Family
  readonly content: Content
  readonly context: LinesContext
}

function frozenFamily(family: Family, snapshot: Snapshot, context: LinesContext): PlannedFamily {
  const { metrics } = family
  const content = hasOnlyBlocks(metrics)
    ? freeze(metrics, snapshot, context)
    : metrics.map(({ descriptor, metric }) => ({ descriptor, points: metric.points }))
  return { family, content, context }
}

function hasOnlyBlocks(metrics: readonly NamedMetric[]): metrics is readonly NamedBlocks[] {
  return metrics.every(({ metric }) => isBlockMetric(metric))
}

function linesOf(
  content: Content,
  snapshot: Snapshot,
  context: LinesContext,
): InParts<FamilyLines> {
  if ('mayHaveTwins' in content) return blockLines(content, snapshot, context)
  return pointLines(content, context)
}
