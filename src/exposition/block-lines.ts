import type { Descriptor, Metric } from '../model/metric.ts'
import type { InParts } from '../model/page/in-parts.ts'
import type { BlockMetric, SeriesBlock } from '../model/series-block.ts'
import type { NamedMetric } from './families.ts'
import { addPart, type FamilyLines, type LinesContext, pointLines } from './point-lines.ts'
import { type FrozenBlock, pointsOf, type Snapshot } from './samples/frozen-blocks.ts'
import { KeptLines } from './samples/kept-lines.ts'
import { haveEqualHashes } from './samples/known-twins.ts'
import { type LabelBlock, labelBlock, labelsAt } from './samples/label-block.ts'
import type { SampleForm } from './samples/sample-form.ts'

/** Metrics with one name, whose blocks cannot change any more. */
export interface FrozenFamily {
  readonly metrics: readonly FrozenMetric[]
  /** Whether two series can have the same labels; undefined where series came or went. */
  readonly mayHaveTwins: boolean | undefined
}

interface FrozenMetric {
  readonly descriptor: Descriptor
  readonly form: SampleForm
  /** Number of values of a row. */
  readonly width: number
  readonly blocks: readonly FrozenBlock[]
}

export interface NamedBlocks extends NamedMetric {
  readonly metric: BlockMetric
}

/** Copies what the lines need from blocks that have changed. */
export function freeze(
  metrics: readonly NamedBlocks[],
  snapshot: Snapshot,
  { sample, format, tools, room }: LinesContext,
): FrozenFamily {
  const blocks = metrics.flatMap(({ metric }) => metric.blocks)
  const mayHaveTwins = tools.twins.mayHaveTwins(blocks)
  const needsAll = mayHaveTwins !== false
  const frozen = metrics.map(({ descriptor, metric }) => {
    const form = tools.formOf(descriptor, sample, format)
    const width = Math.max(1, form.ends.length + 1)
    const freezeBlock = (block: SeriesBlock): FrozenBlock => {
      const labels = tools.kept.labels(block)
      const lines = labels && tools.kept.lines(block, form)
      const { version, shape, rows } = block
      room.lines.add(lines)
      const isKept = lines !== undefined && !needsAll
      const series = isKept ? [] : rows.map(({ attributes }) => attributes)
      const at = isKept ? undefined : snapshot.copy(block, { values: metric.values, width })
      return { block, version, shape, count: rows.length, series, labels, lines, at }
    }
    return { descriptor, form, width, blocks: metric.blocks.map(freezeBlock) }
  })
  return { metrics: frozen, mayHaveTwins }
}

/** The lines of frozen metrics. Lines of blocks that did not change come from the page before. */
export function* blockLines(
  { metrics, mayHaveTwins }: FrozenFamily,
  snapshot: Snapshot,
  context: LinesContext,
): InParts<FamilyLines> {
  if (mayHaveTwins === undefined) yield* nameSeries(metrics, context)
  if (mayHaveTwins ?? noteTwins(metrics, context)) {
    return yield* pointLines(
      metrics.map((metric) => asPoints(metric, snapshot)),
      context,
    )
  }
  const parts: Buffer[] = []
  for (const metric of metrics) {
    for (const frozen of metric.blocks) {
      const labels = labelsOf(frozen, metric, context)
      const lines = frozen.lines ?? written({ ...frozen, labels }, metric, { snapshot, context })
      context.tools.kept.keep(frozen.block, { shape: frozen.shape, labels, lines }, context.room)
      if (!addPart(parts, lines.bytes, context)) return { parts, twins: 0 }
      yield
    }
  }
  return { parts, twins: 0 }
}

function* nameSeries(metrics: readonly FrozenMetric[], context: LinesContext): InParts<void> {
  for (const metric of metrics) {
    for (const frozen of metric.blocks) {
      frozen.labels = labelsOf(frozen, metric, context)
      yield
    }
  }
}

function labelsOf(
  { labels, series }: FrozenBlock,
  { descriptor }: FrozenMetric,
  { tools }: LinesContext,
): LabelBlock {
  if (labels) return labels
  const texts = tools.labels.in(descriptor)
  return labelBlock(series, (attributes) => texts.render(attributes))
}

function noteTwins(metrics: readonly FrozenMetric[], { tools }: LinesContext): boolean {
  const blocks = metrics.flatMap((metric) => metric.blocks)
  const mayHaveTwins = haveEqualHashes(blocks.flatMap(({ labels }) => labels ?? []))
  tools.twins.note(
    blocks.map(({ block }) => block),
    blocks.map(({ shape }) => shape),
    mayHaveTwins,
  )
  return mayHaveTwins
}

function asPoints({ descriptor, width, blocks }: FrozenMetric, { values }: Snapshot): Metric {
  const isHistogram = descriptor.kind === 'histogram'
  return { descriptor, points: pointsOf(blocks, { values, width }, isHistogram) }
}

function written(
  { block, version, series, labels, at: first = 0 }: FrozenBlock & { readonly labels: LabelBlock },
  { form, width }: FrozenMetric,
  { snapshot, context }: { readonly snapshot: Snapshot; readonly context: LinesContext },
): KeptLines {
  const { writer, kept } = context.tools
  const { values } = snapshot
  const isHistogram = form.ends.length > 0
  writer.clear()
  for (let row = 0; row < series.length; row += 1) {
    const at = first + row * width
    if (isHistogram) writer.histogram(form, labelsAt(labels, row), { values, at })
    else writer.plain(form, labelsAt(labels, row), values[at] as number)
  }
  const lines = new KeptLines(version, form, writer.takeInto(kept.takeMemory(block)))
  context.room.lines.add(lines)
  return lines
}
