/** Bounds of `live`, each with its unit. */
export const liveLimits = {
  /** Time between two samples of the history, milliseconds. */
  stepMs: 2_000,
  /** Samples that the history holds: 15 minutes. */
  samples: 450,
  /** Samples behind the rates and quantiles of the headline: 10 seconds. */
  recentSamples: 5,
  /** Workers with a history. Other workers have current values only. */
  workers: 64,
  /** Workers in the document. */
  shownWorkers: 1_000,
  /** Routes in the document. */
  routes: 200,
  /** Error types of a route in the document. */
  errorTypes: 10,
  /** Series by route from which the exporter computes the routes. */
  routeSeries: 20_000,
  /** Time behind the rates and quantiles of routes: once to twice this time, milliseconds. */
  routeWindowMs: 30_000,
  /** Age up to which documents share one computation of the routes, milliseconds. */
  routesAgeMs: 2_000,
  /** Instances of a sidecar in the document. */
  instances: 1_000,
  /** Histories that a sidecar keeps: one of all instances, and one for each instance looked at. */
  histories: 16,
  /** Time without a request after which a sidecar drops a history, milliseconds. */
  lookedAtMs: 120_000,
  /** Age up to which a rate stays without a new report, milliseconds. */
  heldRateMs: 15_000,
  /** Age up to which clients share a document, milliseconds. */
  documentMs: 250,
  /** The same for a document that takes long to render, milliseconds. */
  longestDocumentMs: 2_000,
  /** Documents that the exporter keeps for clients. */
  documents: 32,
  /** Samples that a client can be behind. A client further behind gets the whole history. */
  freshSamples: 20,
  /** Names of metrics in the document. */
  names: 2_000,
  /** Age up to which documents share one list of names, milliseconds. */
  namesAgeMs: 10_000,
  /** Length of the lines of one metric, characters. */
  metricChars: 1_048_576,
  /** Metrics whose lines the exporter keeps for clients. */
  metricTexts: 4,
  /** Requests of all pages that the exporter asks for, per second. */
  requestsPerSecond: 50,
  /** Longest pause between two requests that the exporter asks a page for, seconds. */
  longestPollSeconds: 10,
  /** Length of the name of an instance or a metric in a request, characters. */
  queryChars: 512,
} as const

/** Bounds of the readers of `/live`, each with its unit. */
export const liveReadLimits = {
  /** Workers, routes, deaths or instances. Further rows are ignored. */
  rows: 2_000,
  /** Samples of the history. */
  samples: 450,
  /** Workers with a history. */
  historyWorkers: 256,
  /** Length of one text, characters. */
  textChars: 16_384,
  /** Classes of errors of a route. */
  errorTypes: 100,
  /** Names of metrics. */
  names: 2_000,
  /** Counts by reason or by status. */
  counts: 100,
} as const
