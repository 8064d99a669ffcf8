import { shareLimits } from '../limits/share.ts'

/**
 * Expects the next request for the page. Scrapers ask at regular intervals. Times in milliseconds
 * of a monotonic clock.
 */
export class PageDemand {
  /** The last three requests, the latest first. */
  #requests: readonly number[] = []

  add(now: number): void {
    this.#requests = [now, ...this.#requests].slice(0, 3)
  }

  /** The time of the next request; undefined without regular requests. */
  get next(): number | undefined {
    const [last, ...earlier] = this.#requests
    const [second, third] = earlier
    if (last === undefined || second === undefined) return undefined
    // Two scrapers with one interval ask in turn: the gap before the last gap comes next.
    const gap = third === undefined ? last - second : second - third
    return gap <= shareLimits.longestScrapeGapMs ? last + gap : undefined
  }
}
