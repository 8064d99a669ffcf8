import { expositionLimits } from '../../limits/exposition.ts'
import type { SeriesBlock } from '../../model/series-block.ts'
import { type LabelBlock, labelBlockBytes } from './label-block.ts'
import type { SampleForm } from './sample-form.ts'

/** The lines of a block's series at one version. */
export interface BlockLines {
  readonly version: number
  readonly form: SampleForm
  readonly bytes: Buffer
}

interface KeptBlock {
  readonly shape: number
  readonly labels: LabelBlock
  readonly lines: BlockLines | undefined
}

/** The labels and the lines of blocks, until the blocks change. A removed block takes its lines. */
export class KeptBlocks {
  readonly #limit: number
  readonly #blocks = new WeakMap<SeriesBlock, KeptBlock>()
  /** Bytes of the blocks on the current page. */
  #bytes = 0

  /** @param limit of the kept bytes. Further lines are written for each page. */
  constructor(limit: number = expositionLimits.keptBytes) {
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Call before each page: each page visits all blocks. */
  begin(): void {
    this.#bytes = 0
  }

  labels(block: SeriesBlock): LabelBlock | undefined {
    const known = this.#blocks.get(block)
    return known?.shape === block.shape ? known.labels : undefined
  }

  lines(block: SeriesBlock, form: SampleForm): Buffer | undefined {
    const lines = this.#blocks.get(block)?.lines
    return lines?.version === block.version && lines.form === form ? lines.bytes : undefined
  }

  /** Call once for each block of a page. Labels have the first claim on the room. */
  keep(block: SeriesBlock, { shape, labels, lines }: KeptBlock & { lines: BlockLines }): void {
    this.#bytes += labelBlockBytes(labels)
    if (this.#bytes > this.#limit) {
      this.#blocks.delete(block)
      return
    }
    const hasRoom = this.#bytes + lines.bytes.length <= this.#limit
    if (hasRoom) this.#bytes += lines.bytes.length
    this.#blocks.set(block, { shape, labels, lines: hasRoom ? lines : undefined })
  }
}
