/** Bounds of `exposition`, each with its unit. */
export const expositionLimits = {
  /** Buckets of an exponential histogram on the page. Neighbours are merged to stay within. */
  shownBuckets: 80,
  /** Bucket bounds whose text is cached. */
  bucketBounds: 10_000,
  /** Names and values of the labels that a resource adds to each series, characters. */
  resourceLabelChars: 1_024,
  /** Length of a resource attribute's name that can become a label, characters. */
  resourceNameChars: 128,
  /** Names that one scrape can select. */
  pageNames: 100,
  /** The buffer in which lines are written, bytes. Long labels make the buffer larger. */
  writerBytes: 262_144,
  /** A larger buffer does not stay, bytes. */
  keptWriterBytes: 4_194_304,
  /** Lines without a block end a part of the page at this size, bytes. */
  partBytes: 65_536,
  /** Labels and lines of a page that stay for the next page, bytes. */
  keptBytes: 268_435_456,
  /** Time after the last page in which they stay, milliseconds. */
  keptMs: 300_000,
  /**
   * Samples and bytes of a page without compression, by an estimate. A larger page leaves out whole
   * families. Prometheus has ten seconds for a scrape by default, and reads some 300,000 samples
   * per second and core.
   */
  pageSamples: 2_000_000,
  pageBytes: 268_435_456,
  /** A page whose estimate was too low leaves out each family that passes this size, bytes. */
  mostPageBytes: 402_653_184,
  /** Series of a metric without blocks whose labels an estimate looks at. */
  sizedSeries: 1_000,
  /** Families in one line of the log, and in `/status`. */
  namedFamilies: 20,
  /** The lines of one metric for the live page, bytes. The page shows the beginning. */
  metricBytes: 33_554_432,
  /** Smaller parts of a page are joined for compression and for the network, bytes. */
  groupBytes: 65_536,
  /** Levels of compression. */
  gzipLevel: 1,
  zstdLevel: 1,
  /** A larger page is not compressed by zstd, bytes: the thread does nothing else meanwhile. */
  zstdBytes: 16_777_216,
} as const
