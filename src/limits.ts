/**
 * Every bound of the package, with its unit. Nothing that grows with traffic, time or a client's
 * imagination is without one; what passes a bound is folded or dropped, and counted.
 */
export const limits = {
  /** How often a source reports what changed, milliseconds. */
  reportIntervalMs: 1_000,
  /** How long one report may stay unacknowledged before the next goes out all the same, milliseconds. */
  reportPatienceMs: 10_000,
  /** How long after the first push of a restarted thread the workers' totals are still coming back to it, seconds: longer than a report may take. */
  refillSeconds: 15,
  /** Reports on their way to a primary that takes none. */
  reportsUnderWay: 3,
  /** How long the application's observable instruments may take before a report goes without them, milliseconds. */
  observationPatienceMs: 500,
  /** A last report up to this size goes over IPC at exit; a larger one through a file. Characters. */
  lastReportChars: 60_000,
  /** A report above this size is refused by the receiving side. Characters. */
  reportChars: 67_108_864,
  /** A crash file, bytes. */
  crashFileBytes: 1_048_576,
  /** The name of one series in a crash file, bytes; a series with a longer one is not in it. */
  crashNameBytes: 8_192,
  /** How often a worker that has counted something looks whether its crash file can be made, milliseconds. */
  crashFileLookMs: 1_000,
  /** Entries of a shared directory that are looked at. */
  sharedEntries: 10_000,
  /** What a process says there of who it is, or how it ended, bytes. */
  sharedWhoBytes: 4_096,
  /** Distinct `endpoint` values one process names before new ones become `_OTHER`. */
  endpoints: 200,
  /** Label sets of failed and handled errors, each, that one process keeps. */
  errorSeries: 1_000,
  /** Distinct error class names one process names before new ones become `_OTHER`. */
  errorTypes: 100,
  /** Characters of a URL path that are looked at. */
  pathChars: 512,
  /** Servers one process observes. */
  servers: 1_000,
  /** Series one source may report. */
  seriesPerSource: 20_000,
  /** Buckets on either side of zero of an exponential histogram, reported or merged; more are joined by twos. */
  exponentialBuckets: 320,
  /** Buckets of an exponential histogram on the page, over both sides of zero; more are joined by twos. */
  shownBuckets: 80,
  /** Bounds of buckets whose text is kept while one page is written. */
  bucketEnds: 10_000,
  /** Metric names the ledger keeps. */
  metrics: 10_000,
  /** Series on the page, over all sources, unless it is told another number. */
  series: 100_000,
  /** The largest number that it may be told: one scrape of so many takes some seconds. */
  mostSeries: 500_000,
  /** How long the series of an ended worker stay on the page, milliseconds. */
  retentionMs: 300_000,
  /** Ended workers whose series stay on the page. */
  retainedWorkers: 100,
  /** Deaths that the status tells: the last ones. */
  deaths: 50,
  /** How long a kill of the kernel's that was counted may wait for the worker it hit, milliseconds. */
  oomClaimMs: 5_000,
  /** A worker whose `exit` was seen is retired after this even if `disconnect` never comes, milliseconds. */
  retirementPatienceMs: 5_000,
  /** A worker that closed its channel unasked and lives on after this is leaving, milliseconds. */
  leavingPatienceMs: 1_000,
  /** Heap of the exporter thread, mebibytes; more where more series are allowed than find room in it. */
  threadHeapMb: 512,
  /**
   * What the thread may need for one series on the page while it is scraped in both formats, bytes. Measured with three labels
   * each: 300,000 gauges find room in 512 MiB and 400,000 do not, 500,000 do in 768 MiB, slowly, and well in 1,464.
   */
  threadSeriesBytes: 3_072,
  /**
   * The part of it for what is new, mebibytes. A scrape takes no longer than with V8's own 48; but after
   * 10,000 hostile requests the process holds 116 MB instead of 166, and after 40,000 still 116 instead of 260.
   */
  threadYoungHeapMb: 16,
  /** Times the exporter thread is started again after a crash. */
  threadRestarts: 5,
  /** Different warnings that one process prints on stderr. */
  toldWarnings: 100,
  /** Changes of one state, pushes that fail and succeed for example, that are printed in the period, milliseconds. */
  toldChanges: 10,
  toldChangesMs: 60_000,
  /** How often a process writes its state into a shared directory, and a sidecar looks there, milliseconds. */
  sharedFileWriteMs: 1_000,
  sharedFileLookMs: 1_000,
  /** How long the state of a process that writes no more is shown, and its file kept, milliseconds. */
  sharedFileMs: 300_000,
  /** Files and directories of the shared directory that a sidecar looks at to tell its size. */
  measuredFiles: 100_000,
  /** How long a sidecar may take to end, milliseconds. */
  sidecarEndMs: 5_000,
  /** Connections the endpoint holds open, unless it is told another number. */
  endpointConnections: 100,
  /** Request line and headers of a request to the endpoint, bytes. */
  endpointHeaderBytes: 16_384,
  /** Time a client of the endpoint has for its TLS handshake, milliseconds. */
  endpointHandshakeMs: 5_000,
  /** Time a client of the endpoint has to send its request, milliseconds. */
  endpointRequestMs: 10_000,
  /** Time a client of the endpoint has to take the page, milliseconds. */
  endpointResponseMs: 30_000,
  /**
   * Bytes of pages that clients have been given and not yet taken, of the endpoint and the page server together: with a page
   * of 20 MB, 60 clients that did not read held over a gigabyte.
   */
  handedOutBytes: 67_108_864,
  /** So many times the largest page they may be in any case, so that a large one is shown at all. */
  handedOutPages: 4,
  /** Names of metrics that one scrape may ask for. */
  pageNames: 100,
  /** How often files with certificates, keys and secrets are looked at, milliseconds. */
  fileLookMs: 1_000,
  /** A file that changed less than this ago may be changing still, unseen by its times, milliseconds. */
  fileUnrestMs: 2_000,
  /** A file with a certificate, a key or a secret, bytes. */
  fileBytes: 1_048_576,
  /** Files of a directory with certificates of authorities. */
  authorityFiles: 1_000,
  /** How long the owner of a unix socket may take to show that it listens, milliseconds. */
  socketProbeMs: 1_000,
  /** Time that a page mounted on the application's server has until it begins, milliseconds. */
  mountedPageMs: 5_000,
  /** Mounted pages that one process has under way. */
  mountedPages: 100,
  /** Connections that the exporter thread holds open for mounted pages. */
  pageServerConnections: 200,
  /** Time that one of them has to say what it wants, milliseconds. */
  pageRequestMs: 5_000,
  /** What it may say, and what it is told before the page, bytes. */
  pageRequestBytes: 65_536,
  pageHeadBytes: 16_384,
  /** First and last pause between attempts to bind the endpoint, milliseconds. */
  bindRetryFirstMs: 1_000,
  bindRetryLastMs: 5_000,
  /** How long one export may take, unless the environment says otherwise, milliseconds. */
  exportTimeoutMs: 10_000,
  /** Data points in one request of a push. */
  pushPoints: 5_000,
  /** First and last pause before a failed push is tried again, milliseconds; never longer than the interval. */
  pushRetryFirstMs: 1_000,
  pushRetryLastMs: 30_000,
  /** How long OTel's exporter may take for one request; a connection that nobody answers takes two minutes, milliseconds. */
  pushPatienceMs: 180_000,
  /** How long the machine's id may take to be found, milliseconds. */
  resourcePatienceMs: 2_000,
  /** How long the process may wait at its end for the last push, milliseconds. */
  lastPushMs: 3_000,
  /** How much of that the push that is under way has to arrive, milliseconds. */
  lastPushPatienceMs: 1_000,
  /** How much of that workers have to leave their last reports, milliseconds. */
  lastReportsPatienceMs: 2_000,
  /** How often their files are looked for, milliseconds. */
  lastReportsLookMs: 10,
  /** Clusters that are read from one Redis, beside the own one. */
  sources: 1_000,
  /** One cluster's metrics in Redis, as they are stored; and unpacked, bytes. */
  sharedBytes: 16_777_216,
  sharedPlainBytes: 67_108_864,
  /** What is larger is compressed there, bytes. */
  sharedZipBytes: 4_096,
  /** How old that may be which Redis has of the own counters, to be shown on the own page, milliseconds. */
  storedTotalsMs: 5_000,
  /** Series of other clusters that one process holds. */
  sharedSeries: 300_000,
  /** How far apart clocks of hosts may be before one that lives is not found in Redis, milliseconds. */
  clockSkewMs: 3_600_000,
  /** How long a connection to Redis may take, and then the answer to what is sent at once, milliseconds. */
  redisConnectMs: 2_000,
  redisReplyMs: 5_000,
  /** First pause before Redis is tried again, and the longest, which no interval exceeds either, milliseconds. */
  redisRetryFirstMs: 250,
  redisRetryLastMs: 30_000,
  /** How long the first round that found other clusters waits to read them, milliseconds. */
  firstReadMs: 50,
  /** How long a process at its start waits for Redis to tell whose totals it continues, milliseconds. */
  identityFirstMs: 2_000,
  /** The same where Redis answers, but a predecessor cannot be seen from here and has to be watched, milliseconds. */
  identityPatienceMs: 10_000,
  /** How long that one must be silent to count as gone, milliseconds; three of its intervals, if those are longer. */
  silenceMs: 5_000,
  /** How often it is looked at, milliseconds. */
  identityLookMs: 250,
  /** Processes of one service, host, address and directory that find their totals again. */
  leases: 32,
  /** How long it stays known who continues whose totals, milliseconds. */
  successorMs: 86_400_000,
  /** Earlier processes that a cluster names as those whose totals it continues: the latest ones. */
  predecessors: 32,
  /** Earlier processes whose workers' series stay on the page at the same time. */
  retainedProcesses: 20,
  /** Snapshots in Redis that are kept as history. */
  snapshots: 30,
  /** A snapshot that is larger is not written, bytes. */
  snapshotBytes: 16_777_216,
  /** How long the state of the sharing may take to be told, milliseconds. */
  forwarderStatusMs: 5_000,
  /** What is shown of a message of other programs, characters. */
  shownChars: 300,
  /** How often the event loop's delay is sampled, milliseconds. */
  delaySampleMs: 50,
} as const
