import { shareLimits } from '../limits/share.ts'
import type { FileRejectReason } from '../share/directory/shared-files.ts'

/** What one looks at again and again and does not believe: counted once for as long as it lies there. */
export class RejectCounts {
  /** By name, of the look before this one and of this one; bounded by shareLimits.peers. */
  #before = new Map<string, FileRejectReason>()
  #now = new Map<string, FileRejectReason>()
  readonly #counts = new Map<string, number>()

  add(name: string, doubt: FileRejectReason): void {
    if (this.#now.size >= shareLimits.peers) return
    const isKnown = this.#before.get(name) === doubt || this.#now.get(name) === doubt
    this.#now.set(name, doubt)
    if (!isKnown) this.#counts.set(doubt, (this.#counts.get(doubt) ?? 0) + 1)
  }

  /** Everything has been looked at. */
  endLook(): void {
    this.#before = this.#now
    this.#now = new Map()
  }

  /** These counts with ours, by reason. */
  addedTo(others: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const all = new Map(others)
    for (const [doubt, count] of this.#counts) all.set(doubt, (all.get(doubt) ?? 0) + count)
    return all
  }
}
