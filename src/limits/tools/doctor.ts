/** Bounds of `doctor`, each with its unit. */
export const doctorLimits = {
  /** Default of `--timeout`: time for all checks together, milliseconds. */
  timeoutMs: 10_000,
  /** Shortest and longest `--timeout`, seconds. */
  leastTimeoutSeconds: 1,
  mostTimeoutSeconds: 300,
  /** Time for one question to the endpoint, milliseconds. */
  answerMs: 4_000,
  /** Bytes that are read of one answer of the endpoint. */
  answerBytes: 16_777_216,
  /** Processes of the system that are looked at. */
  processes: 5_000,
  /** Bytes that are read of one file of `/proc`. */
  processBytes: 1_048_576,
  /** Ports of a process that are asked for the endpoint, where the system has chosen the port. */
  portsOfProcess: 16,
  /** Worker processes that a finding names. */
  shownPids: 8,
  /** Directories that the search for copies of a package visits. */
  packageDirectories: 20_000,
  /** Time for the search for copies of a package, milliseconds. */
  packageSearchMs: 2_000,
  /** Copies of a package that a finding names. */
  shownCopies: 6,
  /** Free memory of a file system below which a directory counts as full, bytes. */
  freeBytes: 16_777_216,
  /** Free entries of a file system below which a directory counts as full. */
  freeEntries: 1_000,
  /** Part of a limit of the system from which the limit counts as nearly reached. */
  nearlyFull: 0.9,
  /** Part of the periods with a throttled CPU from which the quota counts as too small. */
  throttled: 0.25,
  /** Time before the end of a certificate from which the end is near: 14 days, milliseconds. */
  certificateMs: 1_209_600_000,
  /** Age of a worker's last report from which the report is late, seconds. */
  reportAgeSeconds: 10,
  /** Crashes in `crashSeconds` from which workers count as crashing in a loop. */
  crashes: 3,
  crashSeconds: 600,
  /** Difference of the clocks of this host and of Redis, milliseconds. */
  clockMs: 5_000,
  /** Round trip to Redis from which Redis counts as slow, milliseconds. */
  redisSlowMs: 100,
  /** Questions for the round trip to Redis. The fastest answer counts. */
  redisPings: 3,
} as const
