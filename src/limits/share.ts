/** Bounds of `share`, each with its unit. */
export const shareLimits = {
  /** Time between two writes of a process's state into a shared directory, milliseconds. */
  sharedFileWriteMs: 1_000,
  /** A process that stops writing is shown, and its file kept, for this long, milliseconds. */
  sharedFileMs: 300_000,
  /** Time between two signs of life of a sidecar in a shared directory, milliseconds. */
  presencePollMs: 1_000,
  /** A sidecar without a sign of life for so long counts as gone, milliseconds. */
  presenceMs: 10_000,
  /** Size of the file with a sidecar's sign of life, bytes. */
  presenceBytes: 4_096,
  /** Clusters that one process reads from Redis. */
  peers: 1_000,
  /** Size of one cluster's state as stored, bytes. */
  peerStateBytes: 16_777_216,
  /** Size of one cluster's state after decompression, bytes. */
  peerStatePlainBytes: 67_108_864,
  /** A larger state is compressed, bytes. */
  compressionBytes: 4_096,
  /** Age up to which the page shows the totals that Redis has confirmed, milliseconds. */
  confirmedTotalsMs: 5_000,
  /** Series of other clusters that one process holds. */
  sharedSeries: 300_000,
  /** Text of these series on the page. A page has no room for more. */
  sharedPageChars: 268_435_456,
  /** Clock difference between hosts that hides no live process, milliseconds. */
  clockSkewMs: 3_600_000,
  /** Time for one step of connecting to Redis, milliseconds. */
  redisConnectMs: 2_000,
  /** A node or Sentinel that is silent for so long does not delay the next, milliseconds. */
  redisStaggerMs: 300,
  /** Nodes of a Redis Cluster that a client remembers beside the nodes of its settings. */
  redisKnownNodes: 16,
  /** Time for all replies of one round trip, milliseconds. */
  redisReplyMs: 5_000,
  /** First pause after a failed round trip; each further pause doubles, milliseconds. */
  redisRetryFirstMs: 250,
  /**
   * Longest pause after failed round trips. The collect interval caps the pause too, milliseconds.
   */
  redisRetryLastMs: 30_000,
  /**
   * Pause between the round trip that lists the peers and the first that reads them, milliseconds.
   */
  firstReadMs: 50,
  /** States of others that a process reads while no request needs the states, bytes. */
  stateBytesPerSecond: 25_000,
  /** Index of the others that a process reads while no request needs it, bytes. */
  indexBytesPerSecond: 16_000,
  /** Longest pause after a large state, milliseconds. */
  longestReadPauseMs: 60_000,
  /** States that one request reads at once, bytes. */
  readChunkBytes: 262_144,
  /** The page shows states that were read so long ago, or twice the interval, milliseconds. */
  recentMs: 3_000,
  /** A read of all states begins this long before an expected request at most, milliseconds. */
  longestTurnMs: 10_000,
  /** A request for the page waits so long for recent states, milliseconds. */
  recentReadMs: 2_000,
  /** Time from the start of a process with a given name to its second check, milliseconds. */
  nameCheckMs: 10_000,
  /** A scrape may come so much earlier than expected, milliseconds. */
  scrapeJitterMs: 250,
  /** After a longer gap between two requests for the page, no request is expected, milliseconds. */
  longestScrapeGapMs: 300_000,
  /** A starting process waits this long for Redis before it takes a new name, milliseconds. */
  identityFirstMs: 2_000,
  /** The same wait when Redis answers but a predecessor's liveness is unknown, milliseconds. */
  identityTimeoutMs: 10_000,
  /**
   * A process that writes nothing for this long, or three of its intervals, counts as gone,
   * milliseconds.
   */
  silenceMs: 5_000,
  /** Time between two checks of a predecessor's liveness, milliseconds. */
  identityPollMs: 250,
  /** Processes of one service slot that find their totals again after a restart. */
  leases: 32,
  /** Time for which Redis keeps the successor of a process, milliseconds. */
  successorMs: 86_400_000,
  /** Predecessors that one process names, the latest first. */
  predecessors: 32,
  /** Earlier processes whose workers' series stay on the page at the same time. */
  retainedProcesses: 20,
  /** Time between two states that the masters of an upgrade send each other, milliseconds. */
  handOverMs: 1_000,
  /** Length of a message between the masters of an upgrade, without its state, bytes. */
  handOverLineBytes: 1_000,
  /** Attempts of a new master to reach the old master. A flood can make most attempts fail. */
  handOverAttempts: 300,
  /** Pause after the first attempt, milliseconds. The pause doubles up to the longest pause. */
  handOverPauseMs: 10,
  /** Longest pause between two attempts, milliseconds. */
  longestHandOverPauseMs: 200,
  /** Longest wait for the other master at the end of a master, milliseconds. */
  lastHandOverMs: 2_000,
  /** The same for a new master that still starts and has not connected yet, milliseconds. */
  firstHandOverMs: 10_000,
  /** Time for the last state of an ended successor to arrive, milliseconds. */
  lastStateMs: 1_000,
  /** Connections to the hand-over of a master at the same time. Any local user can connect. */
  handOverConnections: 100,
  /** Time between two looks whether the old master still runs, milliseconds. */
  parentPollMs: 20,
  /** Time between two writes of the totals into the state directory, milliseconds. */
  stateWriteMs: 1_000,
  /** Time between two looks whether another process writes the totals, milliseconds. */
  stateWriterPollMs: 100,
  /** Files in the state directory of one process that a start looks at. */
  stateFiles: 100,
  /** Snapshots in Redis that are kept as history. */
  snapshots: 30,
  /** A larger snapshot is not written, bytes. */
  snapshotBytes: 16_777_216,
  /** Intervals for which no process tries again after a snapshot that is too large. */
  largeSnapshotIntervals: 10,
} as const
