/** Bounds of `exposition`, each with its unit. */
export const expositionLimits = {
  /** Buckets of an exponential histogram on the page. Neighbours are merged to stay within. */
  shownBuckets: 80,
  /** Bucket bounds whose text is cached while a page is rendered. */
  bucketBounds: 10_000,
  /** Names and values of the labels that a resource adds to each series, characters. */
  resourceLabelChars: 1_024,
  /** Length of a resource attribute's name that can become a label, characters. */
  resourceNameChars: 128,
  /** Names that one scrape can select. */
  pageNames: 100,
} as const
