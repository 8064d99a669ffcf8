import { expositionLimits } from '../limits/exposition.ts'
import type {
  Descriptor,
  ExponentialValue,
  HistogramValue,
  Metric,
  Point,
  Value,
} from '../model/metric.ts'
import type { InParts } from '../model/page/in-parts.ts'
import { joinTwins } from './joined-twins.ts'
import { type RenderTools, showsSum } from './render-tools.ts'
import { classicHistogram } from './samples/classic-histogram.ts'
import type { KeptBytes } from './samples/kept-blocks.ts'
import type { PageLines } from './samples/kept-lines.ts'
import type { SampleForm } from './samples/sample-form.ts'
import type { TextFormat } from './text-format.ts'

/** The lines of a family, and the number of its series that are left out. */
export interface FamilyLines {
  readonly parts: readonly Buffer[]
  readonly twins: number
}

export interface LinesContext {
  /** The name of plain samples. */
  readonly sample: string
  readonly format: TextFormat
  readonly tools: RenderTools
  readonly room: PageRoom
}

interface PageRoom extends KeptBytes {
  /** Bytes that the page may still have. Below zero, no further line is written. */
  bytes: number
  /** The lines of blocks on the page. */
  readonly lines: PageLines
}

/** Adds a part. @returns whether the page has room for more. */
export function addPart(parts: Buffer[], part: Buffer, { room }: LinesContext): boolean {
  if (part.length > 0) parts.push(part)
  room.bytes -= part.length
  return room.bytes >= 0
}

/** The lines of metrics with one name. Nothing is kept. */
export function* pointLines(
  metrics: readonly Metric[],
  context: LinesContext,
): InParts<FamilyLines> {
  const { labels } = context.tools
  // Only few families have twins.
  if (!haveTwins(metrics, context)) return { parts: yield* linesOf(metrics, context), twins: 0 }
  const { metrics: joined, leftOut } = joinTwins(metrics, labels)
  return { parts: yield* linesOf(joined, context), twins: leftOut }
}

function haveTwins(metrics: readonly Metric[], { tools }: LinesContext): boolean {
  const seen = new Set<string>()
  let count = 0
  for (const { descriptor, points } of metrics) {
    const labels = tools.labels.in(descriptor)
    for (const { attributes } of points) seen.add(labels.of(attributes).key)
    count += points.length
  }
  return seen.size < count
}

function* linesOf(metrics: readonly Metric[], context: LinesContext): InParts<Buffer[]> {
  const { writer } = context.tools
  const parts: Buffer[] = []
  for (const { descriptor, points } of metrics) {
    const write = lineWriter(descriptor, context)
    writer.clear()
    for (const point of points) {
      write(point)
      if (writer.length < expositionLimits.partBytes) continue
      if (!addPart(parts, writer.take(), context)) return parts
      yield
    }
    // Another page can use the writer after a part.
    addPart(parts, writer.take(), context)
  }
  return parts
}

function lineWriter(
  descriptor: Descriptor,
  { sample, format, tools }: LinesContext,
): (point: Point) => void {
  const { writer, ends } = tools
  const labels = tools.labels.in(descriptor)
  const form = tools.formOf(descriptor, sample, format)
  const histogram = ({ attributes }: Point, value: Value, shown: SampleForm): void => {
    const { sum, counts, count } = value as HistogramValue
    const values = Float64Array.of(sum, ...counts)
    writer.histogram(shown, labels.of(attributes), { values, at: 0, count })
  }
  if (descriptor.bounds) return (point) => histogram(point, point.value, form)
  if (descriptor.kind !== 'exponentialHistogram') {
    return ({ attributes, value }) => writer.plain(form, labels.of(attributes), value as number)
  }
  return (point) => {
    const { bounds, value } = classicHistogram(point.value as ExponentialValue)
    const shown = { ...form, ends: ends.all(bounds), hasSum: showsSum(bounds, format) }
    histogram(point, value, shown)
  }
}
