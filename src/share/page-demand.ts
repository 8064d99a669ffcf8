import { shareLimits } from '../limits/share.ts'

/**
 * Expects the next request for the page. Scrapers ask at regular intervals. Times in milliseconds
 * of a monotonic clock.
 */
export class PageDemand {
  #last: number | undefined
  /** Time between the last two requests. */
  #gap: number | undefined
  #gapBefore: number | undefined

  add(now: number): void {
    this.#gapBefore = this.#gap
    if (this.#last !== undefined) this.#gap = now - this.#last
    this.#last = now
  }

  /** The time of the next request; undefined without regular requests. */
  get next(): number | undefined {
    // Two scrapers with one interval ask in turn: the gap before the last gap comes next.
    const gap = this.#gapBefore ?? this.#gap
    if (this.#last === undefined || gap === undefined) return undefined
    return gap <= shareLimits.longestScrapeGapMs ? this.#last + gap : undefined
  }
}
