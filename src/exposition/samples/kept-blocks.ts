import { expositionLimits } from '../../limits/exposition.ts'
import type { SeriesBlock } from '../../model/series-block.ts'
import { type LabelBlock, labelBlockBytes } from './label-block.ts'
import type { SampleForm } from './sample-form.ts'

/** The lines of a block's series at one version. */
interface BlockLines {
  readonly version: number
  readonly form: SampleForm
  readonly bytes: Buffer
}

interface KeptBlock {
  readonly shape: number
  readonly labels: LabelBlock
  readonly lines: BlockLines | undefined
}

type FilledBlock = KeptBlock & { readonly lines: BlockLines }

export interface KeptBytes {
  keptBytes: number
}

/** The labels and the lines of blocks, until the blocks change. A removed block takes its lines. */
export class KeptBlocks {
  readonly #limit: number
  readonly #blocks = new WeakMap<SeriesBlock, KeptBlock>()

  /** @param limit of the kept bytes of a page. Further lines are written for each page. */
  constructor(limit: number = expositionLimits.keptBytes) {
    this.#limit = limit
  }

  labels(block: SeriesBlock): LabelBlock | undefined {
    const known = this.#blocks.get(block)
    return known?.shape === block.shape ? known.labels : undefined
  }

  lines(block: SeriesBlock, form: SampleForm): Buffer | undefined {
    const lines = this.#blocks.get(block)?.lines
    return lines?.version === block.version && lines.form === form ? lines.bytes : undefined
  }

  /** Frees the lines of a block that is not on the page. Its labels tell the size of the page. */
  dropLines(block: SeriesBlock): void {
    const known = this.#blocks.get(block)
    if (known?.lines) this.#blocks.set(block, { ...known, lines: undefined })
  }

  /**
   * Call once for each block of a page. Labels have the first claim on the room.
   * @param page the bytes that the page keeps so far. Pages can be rendered in turns.
   */
  keep(block: SeriesBlock, { shape, labels, lines }: FilledBlock, page: KeptBytes): void {
    page.keptBytes += labelBlockBytes(labels)
    if (page.keptBytes > this.#limit) {
      this.#blocks.delete(block)
      return
    }
    const hasRoom = page.keptBytes + lines.bytes.length <= this.#limit
    if (hasRoom) page.keptBytes += lines.bytes.length
    this.#blocks.set(block, { shape, labels, lines: hasRoom ? lines : undefined })
  }
}
