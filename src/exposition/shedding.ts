import { expositionLimits } from '../limits/exposition.ts'
import type { Descriptor, Metric } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { type BlockMetric, isBlockMetric } from '../model/series-block.ts'
import type { Family, NamedMetric } from './families.ts'
import type { ShedFamily } from './page.ts'
import type { RenderTools } from './render-tools.ts'
import type { ScopeLabelTexts } from './text-labels.ts'

export interface SheddingLimits {
  readonly pageSamples: number
  readonly pageBytes: number
}

interface SizedFamily {
  readonly family: Family
  readonly series: number
  readonly samples: number
  readonly bytes: number
}

/**
 * Chooses the families of a page, before the page is rendered. A page beyond a limit leaves out
 * whole families: the application's largest first, and those of this package last.
 */
export class Shedding {
  readonly #limits: SheddingLimits
  /** Names of the families that the last page left out. */
  #shed: ReadonlySet<string> = new Set()

  constructor(limits: SheddingLimits = expositionLimits) {
    this.#limits = limits
  }

  choose(
    families: readonly Family[],
    tools: RenderTools,
  ): { readonly kept: readonly Family[]; readonly shed: readonly ShedFamily[] } {
    const sized = families.map((family) => sizeOf(family, tools))
    const shed = new Set(sized.filter(({ family }) => this.#shed.has(family.family)))
    const total = totalOf(sized.filter((each) => !shed.has(each)))
    for (const each of largestFirst(sized)) {
      const { samples, bytes } = this.#excess(total)
      if (samples <= 0 && bytes <= 0) break
      if (shed.has(each)) continue
      shed.add(each)
      change(total, each, -1)
    }
    this.#takeBack(shed, total)
    this.#shed = new Set([...shed].map(({ family }) => family.family))
    for (const { family } of shed) dropLines(family, tools)
    return {
      kept: sized.filter((each) => !shed.has(each)).map(({ family }) => family),
      shed: [...shed].map(({ family, series }) => ({ name: family.family, series })),
    }
  }

  /** A family comes back when the page then has room left: families must not come and go. */
  #takeBack(shed: Set<SizedFamily>, total: Total): void {
    for (const each of largestFirst([...shed]).reverse()) {
      change(total, each, 1)
      const isBack =
        total.samples <= backShare * this.#limits.pageSamples &&
        total.bytes <= backShare * this.#limits.pageBytes
      if (isBack) shed.delete(each)
      else change(total, each, -1)
    }
  }

  #excess({ samples, bytes }: Total): Total {
    return { samples: samples - this.#limits.pageSamples, bytes: bytes - this.#limits.pageBytes }
  }
}

/** The part of the limits up to which families come back. */
const backShare = 0.9

function dropLines({ metrics }: Family, { kept }: RenderTools): void {
  for (const { metric } of metrics) {
    if (isBlockMetric(metric)) for (const block of metric.blocks) kept.dropLines(block)
  }
}

interface Total {
  samples: number
  bytes: number
}

function totalOf(families: readonly SizedFamily[]): Total {
  const total = { samples: 0, bytes: 0 }
  for (const each of families) change(total, each, 1)
  return total
}

function change(total: Total, { samples, bytes }: SizedFamily, sign: 1 | -1): void {
  total.samples += sign * samples
  total.bytes += sign * bytes
}

function largestFirst(families: readonly SizedFamily[]): SizedFamily[] {
  return [...families].sort((one, other) => {
    return Number(isOwn(one)) - Number(isOwn(other)) || other.bytes - one.bytes
  })
}

function isOwn({ family }: SizedFamily): boolean {
  return family.descriptor.scope === ownScope
}

function sizeOf(family: Family, tools: RenderTools): SizedFamily {
  const size = { family, series: 0, samples: 0, bytes: 0 }
  for (const named of family.metrics) {
    const { series, labelBytes } = seriesOf(named, tools)
    const lines = linesOf(named.descriptor)
    size.series += series
    size.samples += series * lines
    size.bytes += lines * (labelBytes + series * (family.sample.length + lineBytes))
  }
  return size
}

/** Suffix, bound, braces and value of a line. */
const lineBytes = 32

function linesOf({ kind, bounds = [] }: Descriptor): number {
  if (kind === 'exponentialHistogram') return expositionLimits.shownBuckets + 3
  return kind === 'histogram' ? bounds.length + 3 : 1
}

/** Labels that are not known yet are as long as those of some of the series. */
interface SeriesSize {
  readonly series: number
  readonly labelBytes: number
}

function seriesOf({ descriptor, metric }: NamedMetric, { labels, kept }: RenderTools): SeriesSize {
  const texts = labels.in(descriptor)
  return isBlockMetric(metric) ? blockSeries(metric, texts, kept) : pointSeries(metric, texts)
}

function blockSeries(
  { blocks }: BlockMetric,
  texts: ScopeLabelTexts,
  kept: RenderTools['kept'],
): SeriesSize {
  let series = 0
  let looked = 0
  let bytes = 0
  for (const block of blocks) {
    const { rows } = block
    const [first] = rows
    const known = kept.labels(block)
    series += rows.length
    looked += known ? rows.length : Math.min(1, rows.length)
    if (known) bytes += known.bytes.length
    else if (first) bytes += Buffer.byteLength(texts.render(first.attributes).text)
  }
  return { series, labelBytes: looked === 0 ? 0 : (bytes / looked) * series }
}

function pointSeries({ points }: Metric, texts: ScopeLabelTexts): SeriesSize {
  const step = Math.max(1, Math.floor(points.length / expositionLimits.sizedSeries))
  const looked = points.filter((_, index) => index % step === 0)
  const bytes = looked.reduce((sum, { attributes }) => sum + texts.of(attributes).to, 0)
  const labelBytes = looked.length === 0 ? 0 : (bytes / looked.length) * points.length
  return { series: points.length, labelBytes }
}
