/** Bounds of `endpoint`, each with its unit. */
export const endpointLimits = {
  /** Default of the connections that the endpoint holds open. */
  endpointConnections: 100,
  /** Request line and headers of a request to the endpoint, bytes. */
  endpointHeaderBytes: 16_384,
  /** Time for the TLS handshake of a client of the endpoint, milliseconds. */
  endpointHandshakeMs: 5_000,
  /** Time for a client of the endpoint to send its request, milliseconds. */
  endpointRequestMs: 10_000,
  /** How often the endpoint looks for requests that take too long, milliseconds. */
  endpointRequestCheckMs: 1_000,
  /** Time for a client of the endpoint to receive its response, milliseconds. */
  endpointResponseMs: 30_000,
  /** Time of rendering or compressing after which other work of the thread runs, milliseconds. */
  partMs: 20,
  /** Bytes of a page that the endpoint gives to the system before the client has taken them. */
  writeBytes: 524_288,
  /**
   * Unsent bytes of pages, of the endpoint and the page server together. Without this bound, 60
   * clients that did not read a page of 20 MB held over a gigabyte.
   */
  unsentPageBytes: 67_108_864,
  /** Pages of the largest size that may be unsent, even if they exceed `unsentPageBytes`. */
  unsentPages: 4,
  /** How often the endpoint checks files with certificates, keys and secrets, milliseconds. */
  filePollMs: 1_000,
  /**
   * Age below which the endpoint reads a file again although its times are the same, milliseconds.
   * The clock of some file systems is too coarse to show two quick changes.
   */
  fileSettleMs: 2_000,
  /** Time for the owner of a unix socket to accept a connection, milliseconds. */
  socketProbeMs: 1_000,
  /** First and longest pause between attempts to bind the endpoint, milliseconds. */
  bindRetryFirstMs: 1_000,
  bindRetryLastMs: 5_000,
  /** Search for the process that has the endpoint's address: part of the kernel's table, bytes. */
  holderTableBytes: 4_194_304,
  /** Processes and descriptors that the search looks at. */
  holderProcesses: 5_000,
  holderDescriptors: 100_000,
  /** Time of the search, milliseconds. The search blocks the exporter thread. */
  holderMs: 1_000,
} as const

/** Other values of these bounds, for tests. */
export type EndpointLimits = Readonly<Record<keyof typeof endpointLimits, number>>
