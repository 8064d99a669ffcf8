/** Bounds of `mount`, each with its unit. */
export const mountLimits = {
  /** Time that a page mounted on the application's server has until it begins, milliseconds. */
  mountedPageMs: 5_000,
  /** Mounted pages that one process has under way. */
  mountedPages: 100,
  /** Connections that the exporter thread holds open for mounted pages. */
  pageServerConnections: 200,
  /** Time that one of them has to say what it wants, milliseconds. */
  pageRequestMs: 5_000,
  /** What it may say, and what it is told before the page, bytes. */
  pageRequestBytes: 65_536,
  pageHeadBytes: 16_384,
} as const
