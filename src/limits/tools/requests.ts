/** Bounds of `master/requests`, each with its unit. */
export const requestLimits = {
  /** Lines of the access log that wait for the disk, characters. Later lines are lost. */
  waitingChars: 1_048_576,
  /** Lines that wait for this size are written at once, characters. */
  writeChars: 65_536,
  /** Size of a write to a pipe: the system does not mix such writes of several workers, bytes. */
  pipeBytes: 4_096,
  /** Longest time that a line waits for a write, milliseconds. */
  writeMs: 100,
  /** Length of a value in a line of the access log, characters. */
  valueChars: 2_048,
  /** Time between two warnings about lost lines of the access log or of StatsD, milliseconds. */
  warningMs: 60_000,
  /** Time between two sends of StatsD lines, milliseconds. */
  statsdMs: 1_000,
  /** Times of requests that wait for the next send of StatsD lines. More are sent at once. */
  statsdTimes: 2_048,
  /** Size of a datagram of StatsD: fits into the frame of an Ethernet with IPv6, bytes. */
  datagramBytes: 1_432,
  /** Datagrams that the system has not taken yet. Further datagrams are lost. */
  waitingDatagrams: 256,
  /** Pause before the next look for the address of the StatsD receiver, milliseconds. */
  statsdRetryMs: 5_000,
} as const
