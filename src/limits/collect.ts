/** Bounds of `collect`, each with its unit. */
export const collectLimits = {
  /** Distinct route templates of a process. Later templates become `_OTHER`. */
  endpoints: 200,
  /** The most that the setting of `endpoints` can be. */
  mostEndpoints: 1_000,
  /** Patterns of paths in one setting. */
  pathPatterns: 100,
  /** Distinct paths without a route in a process. Later paths become `_OTHER`. */
  foldedPaths: 50,
  /** Request targets whose folded path a process remembers. */
  cachedTargets: 500,
  /** Series of the metrics by route in a process. Later series keep only the endpoint. */
  routeSeries: 1_000,
  /** Series of paths without a route, among `routeSeries`: clients choose the paths. */
  pathSeries: 250,
  /** Series of one endpoint, among `routeSeries`: a client can choose methods and errors. */
  endpointSeries: 100,
  /** Series with all labels that each route has beyond `routeSeries`. */
  reservedSeries: 4,
  /**
   * Label sets of failed requests in a process, and the same number of label sets of handled
   * errors. Beyond this number, label sets keep the endpoint and the status. Beyond twice this
   * number, label sets keep only the endpoint.
   */
  errorSeries: 1_000,
  /** Label sets of failed requests, and of handled errors, that each endpoint has beyond these. */
  reservedErrorSeries: 4,
  /** Distinct classes of errors in a process. Later classes become `_OTHER`. */
  errorTypes: 100,
  /** Classes of errors that each endpoint has beyond `errorTypes`: a client can choose classes. */
  reservedErrorTypes: 4,
  /** Characters of an `error_type`. The rest of a name is cut off. */
  errorTypeChars: 100,
  /** Characters of a URL path. The rest of the path is ignored. */
  pathChars: 512,
  /** Servers under observation in a process at the same time. */
  servers: 1_000,
  /** Open sockets of a process that another process or server handed over. */
  handedSockets: 65_536,
  /** How often a listener of this package comes back after `removeAllListeners()`. */
  listenerReturns: 1_000,
  /**
   * Time after `exit` until a worker retires, even without `disconnect`; milliseconds.
   */
  retirementTimeoutMs: 5_000,
  /**
   * Time from a closed channel until a live worker counts as leaving, milliseconds.
   */
  leavingTimeoutMs: 1_000,
  /** Name of an uncaught error in the last report, characters. */
  errorNameChars: 100,
  /** Message of an uncaught error in the last report, characters. */
  errorMessageChars: 1_000,
  /** Stack of an uncaught error in the last report, characters. */
  errorStackChars: 4_000,
  /** Errors in one stack: the uncaught error, its causes, the errors of an `AggregateError`. */
  relatedErrors: 5,
  /** Longest secret that is found at the end of a cut text, characters. */
  secretChars: 1_000,
  /**
   * Time from an uncaught error until the end of the process for which the error is told,
   * milliseconds. An application can survive its errors.
   */
  errorToEndMs: 10_000,
  /** Interval between two samples of the event loop's delay, milliseconds. */
  delaySampleMs: 50,
  /** Work of the event loop between two reads of the delays up to which the loop rests, ms. */
  restingLoopMs: 100,
  /** Work of one turn of a resting event loop from which the turn is a delay, milliseconds. */
  restingTurnMs: 25,
  /**
   * A timer of a resting event loop, milliseconds: how late the timer runs shows a pause of the
   * process. As long as `relayLimits.reportIntervalMs`: Node then wakes once for both. With another
   * length, Node would wake at the old time of each timer that a read has stopped.
   */
  restingCheckMs: 1_000,
  /** Turns of a resting event loop between two reads. With more turns, the loop no longer rests. */
  restingTurns: 8,
  /**
   * Parts of the window of the longest delay. A delay stays for one part less, at least. That is
   * longer than a scrape interval of 60 seconds and two intervals of reports.
   */
  delayWindowParts: 14,
  /** Length of a part, and longest time between two reads of the delays; milliseconds. */
  delayWindowPartMs: 5_000,
  /** Longest age of a reading of memory, so that one collection reads once; milliseconds. */
  memoryReadingMs: 100,
  /** Garbage collections that wait for the next read of their metrics. */
  unreadCollections: 100,
  /** Longest age of a reading whose cost grows with the number of sockets, milliseconds. */
  slowReadingMs: 10_000,
} as const
