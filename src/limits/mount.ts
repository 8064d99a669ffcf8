/** Bounds of `mount`, each with its unit. */
export const mountLimits = {
  /** Time for a page on the application's server to begin, milliseconds. */
  mountedPageMs: 5_000,
  /** Mounted pages under way in one process. */
  mountedPages: 100,
  /** Connections of the page server in the exporter thread. Each has a descriptor. */
  pageServerConnections: 200,
  /** Time for a connection to the page server to send its request, milliseconds. */
  pageRequestMs: 2_000,
  /** Attempts of a mounted page to get a response from the page server. */
  pageAttempts: 6,
  /** Pause before the third attempt, milliseconds. Each further pause is twice as long. */
  pageRetryMs: 50,
  /** Largest request to the page server, and largest head of its response, bytes. */
  pageRequestBytes: 65_536,
  pageHeadBytes: 16_384,
  /** Bytes of a page that wait in a response of the Fetch API before the page server waits. */
  webResponseBytes: 65_536,
} as const
