import type { Descriptor } from '../model/metric.ts'
import { type Family, headOf } from './families.ts'
import { BucketEnds } from './samples/bucket-ends.ts'
import { KeptBlocks } from './samples/kept-blocks.ts'
import { KnownTwins } from './samples/known-twins.ts'
import { noBuckets, type SampleForm, sampleForm } from './samples/sample-form.ts'
import { SampleWriter } from './samples/sample-writer.ts'
import type { TextFormat } from './text-format.ts'
import type { LabelTexts } from './text-labels.ts'

/** What the pages of one process share. */
export class RenderTools {
  readonly labels: LabelTexts
  readonly kept: KeptBlocks = new KeptBlocks()
  readonly writer: SampleWriter = new SampleWriter()
  readonly twins: KnownTwins = new KnownTwins()
  readonly ends: BucketEnds = new BucketEnds()
  /** By descriptor, and then by whether histograms have a sum. */
  readonly #forms = new WeakMap<Descriptor, Map<boolean, SampleForm>>()

  readonly #heads: Record<TextFormat, WeakMap<Descriptor, Buffer>> = {
    prometheus: new WeakMap(),
    openmetrics: new WeakMap(),
  }

  constructor(labels: LabelTexts) {
    this.labels = labels
  }

  /** The same buffer for each page: compressed parts stay as long as their buffers. */
  headOf(family: Family, format: TextFormat): Buffer {
    const { descriptor } = family
    const heads = this.#heads[format]
    const known = heads.get(descriptor)
    if (known) return known
    const head = headOf(family, format)
    heads.set(descriptor, head)
    return head
  }

  /** @param name of the metric's plain samples. */
  formOf(descriptor: Descriptor, name: string, format: TextFormat): SampleForm {
    const { bounds } = descriptor
    const hasSum = showsSum(bounds, format)
    const forms = this.#forms.get(descriptor) ?? new Map<boolean, SampleForm>()
    this.#forms.set(descriptor, forms)
    const known = forms.get(hasSum)
    if (known) return known
    const buckets = bounds ? { ends: this.ends.all(bounds), hasSum } : noBuckets
    const form = sampleForm(name, buckets)
    forms.set(hasSum, form)
    return form
  }
}

/** In OpenMetrics, a sum must not decrease, and a count requires a sum. */
export function showsSum(bounds: readonly number[] = [], format: TextFormat): boolean {
  return format === 'prometheus' || !((bounds[0] ?? 0) < 0)
}
