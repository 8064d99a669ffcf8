/** Bounds of `state`, each with its unit. */
export const stateLimits = {
  /** Metric names in the aggregator. */
  metrics: 10_000,
  /** Series on the page, over all sources. The default of a setting. */
  series: 100_000,
  /**
   * Series of one metric. Beyond this number, labels with values of clients become `_OTHER`. Beyond
   * twice this number, endpoints become `_OTHER`, too. Each new worker can bring other values.
   */
  clientSeries: 10_000,
  /**
   * Bounds of a histogram. Each series takes 8 bytes for each bound, in the totals and for each
   * source, also without a value.
   */
  histogramBounds: 1_000,
  /** Adjacent series of a metric that a page renders again when one of them changes. */
  blockSeries: 64,
  /** The largest number that the setting allows. One scrape of so many series takes seconds. */
  mostSeries: 500_000,
  /**
   * Time that the counters and histograms of an ended worker stay on the page, milliseconds. The
   * default of a setting.
   */
  retentionMs: 300_000,
  /** The longest time that the setting allows, milliseconds. */
  longestRetentionMs: 86_400_000,
  /** Ended workers with series on the page. */
  retainedWorkers: 100,
  /**
   * Ended workers whose files cannot be read now. The counts of further workers are lost.
   */
  unreadEnds: 100,
  /** How long the files of an ended worker are read again, milliseconds. */
  unreadEndMs: 60_000,
  /** The last deaths on `/status`. */
  deaths: 50,
  /** Silence after which a worker counts as hung: two report intervals, milliseconds. */
  hangAfterMs: 2_000,
  /** The same for a worker that has not listened yet, and may load its program, milliseconds. */
  startingHangAfterMs: 10_000,
  /** Interval of the checks for silent workers, milliseconds. */
  silenceCheckMs: 250,
  /** Interval of the beats of a main thread, milliseconds. Beats show that the thread runs. */
  beatMs: 250,
  /**
   * The most that one interval between two checks or beats adds to a silence, milliseconds. With a
   * report interval, less than `hangAfterMs`: a pause alone makes no worker look hung.
   */
  observedGapMs: 750,
  /** Least time between two reads of a silent worker's figures in the kernel, milliseconds. */
  processReadingMs: 1_000,
  /** Age of a report from which the next report is late, milliseconds. */
  lateReportMs: 1_250,
  /**
   * Free heap that a worker can fill between two reports, bytes. The exporter watches the memory of
   * a worker with less.
   */
  fillableHeapBytes: 1_073_741_824,
  /** The part of the heap's limit from which SIGABRT means a full heap. */
  fullHeapShare: 0.7,
  /** Time between an out-of-memory kill and the end of the killed worker, milliseconds. */
  oomAttributionMs: 5_000,
} as const
