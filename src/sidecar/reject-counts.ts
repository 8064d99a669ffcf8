import { shareLimits } from '../limits/share.ts'
import type { FileRejectReason } from '../share/directory/shared-files.ts'

/** Counts rejected files by reason. A file that stays rejected in every reading counts once. */
export class RejectCounts {
  readonly #maxNames: number
  /** Reasons by name, of the earlier reading and of this reading; bounded by shareLimits.peers. */
  #before = new Map<string, FileRejectReason>()
  #now = new Map<string, FileRejectReason>()
  readonly #counts = new Map<string, number>()

  /** @param maxNames default: shareLimits.peers. */
  constructor(maxNames: number = shareLimits.peers) {
    this.#maxNames = maxNames
  }

  add(name: string, reason: FileRejectReason): void {
    if (this.#now.size >= this.#maxNames) return
    const isKnown = this.#before.get(name) === reason || this.#now.get(name) === reason
    this.#now.set(name, reason)
    if (!isKnown) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
  }

  endReading(): void {
    this.#before = this.#now
    this.#now = new Map()
  }

  /** The sum of the given counts and these counts, by reason. */
  addedTo(others: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const all = new Map(others)
    for (const [reason, count] of this.#counts) all.set(reason, (all.get(reason) ?? 0) + count)
    return all
  }
}
