import { expositionLimits } from '../../limits/exposition.ts'
import type { SeriesBlock } from '../../model/series-block.ts'
import type { KeptLines } from './kept-lines.ts'
import { type LabelBlock, labelBlockBytes } from './label-block.ts'
import type { SampleForm } from './sample-form.ts'

interface KeptBlock {
  readonly shape: number
  readonly labels: LabelBlock
  readonly lines: KeptLines | undefined
}

type FilledBlock = KeptBlock & { readonly lines: KeptLines }

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

  lines(block: SeriesBlock, form: SampleForm): KeptLines | undefined {
    const lines = this.#blocks.get(block)?.lines
    return lines?.version === block.version && lines.form === form ? lines : undefined
  }

  /** Takes the memory of a block's last lines for the next lines. Undefined if a page has them. */
  takeMemory(block: SeriesBlock): Buffer | undefined {
    const lines = this.#blocks.get(block)?.lines
    if (!lines?.isFree) return undefined
    this.dropLines(block)
    return lines.memory
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
    const hasRoom = page.keptBytes + lines.memory.length <= this.#limit
    if (hasRoom) page.keptBytes += lines.memory.length
    this.#blocks.set(block, { shape, labels, lines: hasRoom ? lines : undefined })
  }
}
