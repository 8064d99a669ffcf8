/** Bounds of `exposition`, each with its unit. */
export const expositionLimits = {
  /** Buckets of an exponential histogram on the page, over both sides of zero; more are joined by twos. */
  shownBuckets: 80,
  /** Bounds of buckets whose text is kept while one page is written. */
  bucketBounds: 10_000,
  /** Names of metrics that one scrape may ask for. */
  pageNames: 100,
} as const
