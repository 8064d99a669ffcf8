/** Bounds of `top`, each with its unit. */
export const topLimits = {
  /** Largest answer, bytes. A page with the most series has about half of this size. */
  responseBytes: 67_108_864,
  /** Time for a whole answer, milliseconds. */
  responseMs: 10_000,
  /** Series that are read from a page. Further series are ignored. */
  series: 200_000,
  /** Longest line of a page, characters. */
  lineChars: 65_536,
  /** Shortest and longest time between two readings, seconds. */
  leastIntervalSeconds: 0.25,
  mostIntervalSeconds: 60,
  /** Time between two readings without an option, seconds. */
  intervalSeconds: 2,
  /** Readings of `--count`. */
  readings: 1_000_000,
  /** Pause after the first failure in a row, and the longest pause, milliseconds. */
  firstPauseMs: 1_000,
  lastPauseMs: 15_000,
  /** Start of a foreign answer in a message, characters. */
  shownChars: 200,
  /** Longest text of a filter, characters. */
  filterChars: 64,
  /** Time between the first two readings of a page without `/live`, seconds. */
  pageSeconds: 1,
  /** Columns of a table in a pipe. */
  pipeColumns: 160,
  /** Largest screen that is drawn: columns and rows. */
  columns: 500,
  lines: 300,
  /** Time in which the rest of an escape sequence must follow, milliseconds. */
  escapeMs: 50,
} as const
