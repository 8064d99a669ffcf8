/** Bounds of the live page in the browser, each with its unit. */
export const livePageLimits = {
  /** Size of the document with gzip, bytes. */
  documentBytes: 100_000,
  /** Shortest time between two requests of a page, milliseconds. The exporter can ask for more. */
  pollMs: 1_000,
  /** Longest time between two requests that the exporter can ask for, milliseconds. */
  longestPollMs: 60_000,
  /** Age of a report after which the page asks sooner. Workers report once a second. */
  lateReportSeconds: 1.2,
  /** Time between two requests while a report is late, milliseconds. */
  latePollMs: 300,
  /** Time for an answer, milliseconds. */
  answerMs: 5_000,
  /** Pause after the first request without an answer, milliseconds. */
  firstPauseMs: 1_000,
  /** Longest pause between two requests, milliseconds. */
  lastPauseMs: 15_000,
  /** Workers with a line of their own in a plot. Above, a plot shows the spread of all workers. */
  lines: 8,
  /** Shortest time that a plot shows, seconds. */
  shortestSpan: 60,
  /** Points of a line in a table. */
  sparklinePoints: 60,
  /** Rows of a table at first. */
  rows: 50,
  /** Rows of a table after the reader asks for more. */
  allRows: 1_000,
  /** Stacks that open by themselves. */
  openStacks: 3,
  /** Classes of errors in a row. */
  errorTypes: 3,
  /** Names of metrics in the list. */
  names: 200,
  /** Lines of a metric's text. */
  metricLines: 500,
  /** Characters of a stack or a metric's text. */
  textLength: 100_000,
  /** Fields of a part of the exporter, such as Redis. */
  fields: 40,
} as const
