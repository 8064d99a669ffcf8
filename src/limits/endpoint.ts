/** Bounds of `endpoint`, each with its unit. */
export const endpointLimits = {
  /** Connections the endpoint holds open, unless it is told another number. */
  endpointConnections: 100,
  /** Request line and headers of a request to the endpoint, bytes. */
  endpointHeaderBytes: 16_384,
  /** Time a client of the endpoint has for its TLS handshake, milliseconds. */
  endpointHandshakeMs: 5_000,
  /** Time a client of the endpoint has to send its request, milliseconds. */
  endpointRequestMs: 10_000,
  /** Time a client of the endpoint has to take the page, milliseconds. */
  endpointResponseMs: 30_000,
  /**
   * Bytes of pages that clients have been given and not yet taken, of the endpoint and the page server together: with a page
   * of 20 MB, 60 clients that did not read held over a gigabyte.
   */
  unsentPageBytes: 67_108_864,
  /** So many times the largest page they may be in any case, so that a large one is shown at all. */
  unsentPages: 4,
  /** How often files with certificates, keys and secrets are looked at, milliseconds. */
  filePollMs: 1_000,
  /** A file that changed less than this ago may be changing still, unseen by its times, milliseconds. */
  fileSettleMs: 2_000,
  /** How long the owner of a unix socket may take to show that it listens, milliseconds. */
  socketProbeMs: 1_000,
  /** First and last pause between attempts to bind the endpoint, milliseconds. */
  bindRetryFirstMs: 1_000,
  bindRetryLastMs: 5_000,
} as const
