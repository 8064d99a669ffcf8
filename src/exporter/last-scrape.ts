import { exporterLimits } from '../limits/exporter.ts'
import { type Clock, nodeClock } from '../support/clock.ts'

export interface LastScrapeOptions {
  /** Makes the next scrape render a new page. */
  readonly refresh: () => void
  /** Called once for each `await()`: the page was scraped, or nobody scrapes. */
  readonly onScraped: () => void
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now'>
}

/** Waits for one more scrape before the process ends. */
export class LastScrape {
  readonly #options: LastScrapeOptions
  readonly #clock: Pick<Clock, 'now'>
  #scrapedAt = Number.NEGATIVE_INFINITY
  #isAwaited = false

  constructor(options: LastScrapeOptions) {
    this.#options = options
    this.#clock = options.clock ?? nodeClock
  }

  /** A client has got a whole page. */
  delivered(): void {
    this.#scrapedAt = this.#clock.now()
    if (!this.#isAwaited) return
    this.#isAwaited = false
    this.#options.onScraped()
  }

  await(): void {
    const hasScraper = this.#clock.now() - this.#scrapedAt <= exporterLimits.scraperSeenMs
    this.#isAwaited = hasScraper
    if (hasScraper) this.#options.refresh()
    else this.#options.onScraped()
  }
}
