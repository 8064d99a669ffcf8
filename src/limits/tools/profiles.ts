/** Bounds of `profiles`, each with its unit. */
export const profileLimits = {
  /** Shortest and longest CPU profile, seconds. */
  leastSeconds: 1,
  mostSeconds: 300,
  /** Length of a CPU profile without a given length, seconds. gunicornc waits for 30. */
  usualSeconds: 10,
  /** Shortest pause between two samples of a CPU profile, microseconds. */
  intervalUs: 1_000,
  /** Samples of a CPU profile: beyond 60 seconds, the pause between two samples grows. */
  samples: 60_000,
  /** Largest file of a CPU profile, bytes. 60,000 samples of a web server take about 2 MB. */
  profileBytes: 67_108_864,
  /** Largest heap of a worker for a heap snapshot, bytes. */
  heapBytes: 4_294_967_296,
  /** Free space that remains on the disk after a heap snapshot, bytes. */
  spareBytes: 134_217_728,
  /** CPU profiles and heap snapshots that the directory keeps. */
  keptProfiles: 20,
  keptSnapshots: 3,
  /** Age at which a file of a profile that was never finished is removed, milliseconds. */
  draftMs: 3_600_000,
  /** Names that are read in the directory. */
  names: 1_000,
  /** Profiles and snapshots of all workers at the same time. */
  atOnce: 4,
  /** Longest wait for the begin of a profile, milliseconds. A worker may be busy. */
  beginMs: 3_000,
  /** The same for a worker whose event loop is blocked, and whose watchdog takes the profile. */
  hungBeginMs: 10_000,
  /** Longest wait for the file after the end of a profile, milliseconds. */
  writeMs: 30_000,
  /** Longest heap snapshot, milliseconds. Then, `--timeout` counts again. */
  snapshotMs: 600_000,
  /** Pause between two looks at the file of a profile, milliseconds. */
  pollMs: 100,
  /** Time for the main thread to answer a question of the profiler, milliseconds. */
  answerMs: 10_000,
  /** Pause between two commands that wake the main thread, milliseconds. */
  wakeMs: 100,
  /** Heap of the thread that takes a CPU profile, mebibytes. */
  threadHeapMb: 256,
  /** The file of an order, and the reason of a failure, bytes. */
  messageBytes: 8_192,
} as const
