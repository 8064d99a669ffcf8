/** Bounds of `master`, each with its unit. */
export const masterLimits = {
  /** Time between two checks of the workers' heartbeats, milliseconds. */
  heartbeatCheckMs: 250,
  /** Longest time between two heartbeats of a worker, milliseconds. */
  heartbeatMs: 1_000,
  /** Time between two looks of an agent at its listeners, milliseconds. */
  listenersCheckMs: 1_000,
  /** Time that a connection can take from the master to a worker, milliseconds. */
  handOverMs: 200,
  /** Longest wait for listening sockets from, or to, the other master, milliseconds. */
  socketsBackMs: 2_000,
  /** Longest wait for the `'disconnect'` of an ended worker, milliseconds. */
  disconnectMs: 500,
  /** Time from SIGABRT, or from the command to quit, until SIGKILL, milliseconds. */
  killAfterMs: 1_000,
  /** Longest wait of a worker for the master's answer to a signal, milliseconds. */
  answerMs: 2_000,
  /** Time that the application's listener for SIGINT or SIGQUIT has, milliseconds. */
  quitMs: 700,
  /** Time after the timeout for the stack of a blocked worker, milliseconds. */
  stackMs: 1_000,
  /** Addresses on which a worker listens, as far as the master compares the addresses. */
  addresses: 64,
  /** Wait for the master's own signal, when a worker got a stop signal, milliseconds. */
  groupSignalMs: 150,
  /** A worker that serves for less counts as a failed boot for the next pause, milliseconds. */
  shortLifeMs: 5_000,
  /** Longest wait for a promise of a hook, milliseconds. */
  hookMs: 5_000,
  /** A hook that blocks the master for longer is logged and counted, milliseconds. */
  blockingHookMs: 1_000,
  /** Shortest time that a draining worker keeps an idle connection open, milliseconds. */
  idleMs: 500,
  /** Longest time that a draining worker waits for the rest of a request's head, milliseconds. */
  partMs: 10_000,
  /** Time between two looks of a draining worker at its connections, milliseconds. */
  drainCheckMs: 100,
  /** Time after which a response without a length counts as a stream without end, milliseconds. */
  endlessMs: 3_000,
  /** Time that a draining worker waits for a stream with which to announce, milliseconds. */
  announceMs: 300,
  /** Shortest time from the announcement of the end to the end of a session, milliseconds. */
  goawayMs: 1_000,
  /** Longest time from the announcement of the end to the last GOAWAY, milliseconds. */
  longestGoawayMs: 5_000,
  /** Time before SIGKILL at which a draining application hears of its end, milliseconds. */
  lastWordsMs: 5_000,
  /** Pause before a fork after the first failed boot; the pause doubles, milliseconds. */
  firstForkPauseMs: 100,
  /** Longest pause before a fork, milliseconds. */
  longestForkPauseMs: 10_000,
  /** Longest pause before a fork while no worker serves, milliseconds. */
  longestPauseAloneMs: 1_000,
  /** Boots in a row that can fail, for each wanted worker, before the master gives up. */
  failedBoots: 3,
  /** Time from the end of a killed master until its workers get SIGKILL, seconds. */
  orphanSeconds: 5,
  /** Starts of the process that ends the workers of a killed master. */
  guardStarts: 2,
} as const

/** Bounds of `master/sockets`, each with its unit. */
export const socketLimits = {
  /** Accepted connections that wait for a worker on one socket, while no worker listens. */
  waiting: 1_024,
  /** Connections that the system queues on a socket of another master: Node's default. */
  backlog: 511,
  /** Time from the close by a worker that lives on until the socket closes, milliseconds. */
  closeMs: 250,
  /** Time from the readiness of the workers until an unused socket closes, milliseconds. */
  unusedMs: 10_000,
  /** Pause before a connection goes to a worker that has refused a connection, milliseconds. */
  fullMs: 10,
  /** Time between two lines of the log about full workers, milliseconds. */
  fullLineMs: 60_000,
  /** Longest wait for the channel of an ended worker, milliseconds. */
  channelMs: 500,
  /** Longest connect to a unix socket that exists already, milliseconds. */
  probeMs: 5_000,
  /** Descriptors that a service manager can pass. */
  activated: 64,
} as const

/** Bounds of `master/process`, each with its unit. */
export const processLimits = {
  /** Error of a start time that `/proc` tells, milliseconds. */
  clockErrorMs: 2_000,
  /** Longest wait for `ps`, milliseconds. */
  psMs: 2_000,
  /** Longest wait for `id` or `getent`, milliseconds. */
  accountMs: 2_000,
  /** Addresses of the application that the log names. */
  addresses: 64,
  /** Time between two looks at a terminal, milliseconds. */
  terminalMs: 1_000,
  /** Size of a file with variables, bytes. */
  variablesBytes: 1_048_576,
} as const

/** Bounds of `master/systemd`, each with its unit. */
export const systemdLimits = {
  /** Longest run of `systemd-notify`, which itself waits up to 5 s for systemd, milliseconds. */
  programMs: 6_000,
  /** Attempts to send a change of the state. A signal to the whole service can end the first. */
  attempts: 3,
  /** Time between two looks at the workers for the text of the status, milliseconds. */
  statusMs: 1_000,
  /** Length of the status, characters. */
  statusChars: 300,
  /** Shortest time between two signs of life for the watchdog, milliseconds. */
  shortestPingMs: 100,
  /** Longest wait of an ending master for `systemd-notify`, milliseconds. */
  lastWordMs: 500,
  /** The same after an upgrade: systemd would end the new master with the service. */
  handOverMs: 10_000,
} as const
