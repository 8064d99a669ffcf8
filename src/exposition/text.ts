import { expositionLimits } from '../limits/exposition.ts'
import type { Metric } from '../model/metric.ts'
import type { InParts } from '../model/page/in-parts.ts'
import { isBlockMetric } from '../model/series-block.ts'
import { blockLines, type FrozenFamily, freeze, type NamedBlocks } from './block-lines.ts'
import { type Family, familiesOf, type NamedMetric, sampleNames } from './families.ts'
import type { Page, PageFamily } from './page.ts'
import { inPageOrder } from './page-order.ts'
import { type FamilyLines, type LinesContext, pointLines } from './point-lines.ts'
import type { RenderTools } from './render-tools.ts'
import { Snapshot } from './samples/frozen-blocks.ts'
import { PageLines } from './samples/kept-lines.ts'
import type { Shedding } from './shedding.ts'
import type { TextFormat } from './text-format.ts'

/**
 * Renders metrics as Prometheus text 0.0.4 or OpenMetrics 1.0, with each family in one block. All
 * values of a page are those at its first part.
 */
export function* renderText(
  metrics: readonly NamedMetric[],
  format: TextFormat,
  { tools, shedding }: Rendering,
): InParts<Page> {
  const clashes: string[] = []
  const families: PageFamily[] = []
  const snapshot = new Snapshot()
  const { mostPageBytes, metricBytes } = expositionLimits
  const lines = new PageLines()
  const room = { bytes: shedding ? mostPageBytes : metricBytes, keptBytes: 0, lines }
  let twins = 0
  const all = inPageOrder(familiesOf(metrics, { format, clashes }))
  const { kept, shed } = shedding?.choose(all, tools) ?? { kept: all, shed: [] }
  const omitted = [...shed]
  const frozen = kept.map((family) =>
    frozenFamily(family, snapshot, { sample: family.sample, format, tools, room }),
  )
  for (const { family, content, context } of frozen) {
    const before = room.bytes
    const written = yield* linesOf(content, snapshot, context)
    if (room.bytes < 0 && shedding) {
      omitted.push({ name: family.family, series: seriesIn(content) })
      room.bytes = before
      continue
    }
    const head = tools.headOf(family, format)
    families.push({ name: family.family, samples: sampleNames(family), head, parts: written.parts })
    twins += written.twins
  }
  const end = format === 'openmetrics' ? eof : nothing
  return { families, end, clashes, twins, shed: omitted, release: () => lines.release() }
}

interface Rendering {
  readonly tools: RenderTools
  /** Undefined for a part of a page, which can end within a family. */
  readonly shedding: Shedding | undefined
}

function seriesIn(content: Content): number {
  if (!('mayHaveTwins' in content))
    return content.reduce((all, each) => all + each.points.length, 0)
  const blocks = content.metrics.flatMap((metric) => metric.blocks)
  return blocks.reduce((all, { count }) => all + count, 0)
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
