/** Bounds of `master/control`, each with its unit. */
export const controlLimits = {
  /** Open connections of clients. A further client replaces the client that is idle the longest. */
  clients: 16,
  /** Connections with those that are being refused. Node.js closes further connections. */
  connections: 64,
  /** Size of one request, bytes. */
  requestBytes: 65_536,
  /** Longest time between two requests of a client, milliseconds: gunicorn's value. */
  idleMs: 300_000,
  /** Longest time from the first to the last byte of a request, milliseconds. */
  requestMs: 10_000,
  /** Data that a client has not read yet, bytes. */
  unsentBytes: 4_194_304,
  /** Length of a socket's path, bytes: the kernel's limit. */
  pathBytes: 107,
  /** Longest connect to a socket that exists already, milliseconds. */
  probeMs: 2_000,
  /** Characters of a command in a message or in a line of the log. */
  shownChars: 200,
  /** Workers that commands can ask for. The setting has the same limit. */
  workers: 1_024,
} as const

/** Bounds of `ctl`, each with its unit. */
export const ctlLimits = {
  /** Size of one answer, bytes: the limit of gunicornc. */
  answerBytes: 16_777_216,
  /** Commands that the history keeps. */
  history: 500,
} as const
