/** Bounds of `share`, each with its unit. */
export const shareLimits = {
  /** How often a process writes its state into a shared directory, and a sidecar looks there, milliseconds. */
  sharedFileWriteMs: 1_000,
  /** How long the state of a process that writes no more is shown, and its file kept, milliseconds. */
  sharedFileMs: 300_000,
  /** Clusters that are read from one Redis, beside the own one. */
  peers: 1_000,
  /** One cluster's metrics in Redis, as they are stored; and unpacked, bytes. */
  peerStateBytes: 16_777_216,
  peerStatePlainBytes: 67_108_864,
  /** What is larger is compressed there, bytes. */
  compressionBytes: 4_096,
  /** How old that may be which Redis has of the own counters, to be shown on the own page, milliseconds. */
  confirmedTotalsMs: 5_000,
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
  identityTimeoutMs: 10_000,
  /** How long that one must be silent to count as gone, milliseconds; three of its intervals, if those are longer. */
  silenceMs: 5_000,
  /** How often it is looked at, milliseconds. */
  identityPollMs: 250,
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
} as const
