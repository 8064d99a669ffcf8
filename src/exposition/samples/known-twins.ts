import type { SeriesBlock } from '../../model/series-block.ts'
import type { LabelBlock } from './label-block.ts'

interface Verdict {
  readonly blocks: readonly SeriesBlock[]
  readonly shapes: readonly number[]
  readonly mayHaveTwins: boolean
}

/** Whether two series of a family can have the same labels. Known until a series comes or goes. */
export class KnownTwins {
  /** By the first block of a family. */
  readonly #verdicts = new WeakMap<SeriesBlock, Verdict>()

  /** @returns undefined where the series have changed. */
  mayHaveTwins(blocks: readonly SeriesBlock[]): boolean | undefined {
    const known = blocks[0] && this.#verdicts.get(blocks[0])
    if (!known || known.blocks.length !== blocks.length) return undefined
    const isSame = blocks.every(
      (block, index) => block === known.blocks[index] && block.shape === known.shapes[index],
    )
    return isSame ? known.mayHaveTwins : undefined
  }

  note(blocks: readonly SeriesBlock[], shapes: readonly number[], mayHaveTwins: boolean): void {
    if (blocks[0]) this.#verdicts.set(blocks[0], { blocks, shapes, mayHaveTwins })
  }
}

/** Compares hashes. Equal hashes without equal labels cost time alone. */
export function haveEqualHashes(labels: readonly LabelBlock[]): boolean {
  const seen = new Set<number>()
  for (const { hashes } of labels) {
    for (const hash of hashes) {
      if (seen.has(hash)) return true
      seen.add(hash)
    }
  }
  return false
}
